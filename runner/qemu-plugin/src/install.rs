//! The two names that QEMU looks for in a plugin, and nothing else.

use std::ffi::{CStr, c_char, c_int};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::api::{self, Info};
use crate::args::Args;
use crate::session;

/// More arguments than QEMU could mean; a limit on what is believed of `argc`.
const ARGUMENTS_MAX: usize = 64;

/// The version of the interface this library speaks. QEMU reads it as a plain `int`, right after loading.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: AtomicI32 = AtomicI32::new(1);

/// Run by the loader before QEMU sees the library, which is the only chance to choose the version.
#[used]
#[unsafe(link_section = ".init_array")]
static CHOOSE_VERSION: extern "C" fn() = choose_version;

extern "C" fn choose_version() {
    qemu_plugin_version.store(api::version(), Ordering::Relaxed);
}

/// Called by QEMU with the plugin's arguments. Anything but 0 ends QEMU.
///
/// # Safety
/// To be called by QEMU only: `info` and the `argc` strings of `argv` are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(id: u64, info: *const Info, argc: c_int, argv: *const *const c_char) -> c_int {
    let outcome = catch_unwind(|| {
        // SAFETY: QEMU's info is valid during this call.
        let whole_machine = unsafe { info.as_ref() }.is_some_and(|info| info.system_emulation);
        if !whole_machine {
            return Err("only for the emulation of whole machines (qemu-system-…)".into());
        }
        let count = usize::try_from(argc).unwrap_or(0).min(ARGUMENTS_MAX);
        let mut raw: Vec<&[u8]> = Vec::with_capacity(count);
        for index in 0..count {
            // SAFETY: there are `argc` pointers.
            let place = unsafe { argv.add(index) };
            // SAFETY: as above.
            let text = unsafe { place.read() };
            if text.is_null() {
                continue;
            }
            // SAFETY: QEMU's arguments are C strings that live as long as the plugin.
            raw.push(unsafe { CStr::from_ptr(text) }.to_bytes());
        }
        session::start(id, Args::parse(raw)?)
    });
    match outcome {
        Ok(Ok(())) => 0,
        Ok(Err(message)) => {
            session::complain(&message);
            1
        }
        Err(_) => 1,
    }
}
