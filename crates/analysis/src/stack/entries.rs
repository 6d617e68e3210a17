//! Where chains of calls begin: the functions that were asked for, or all that something outside the code may call.
//!
//! Asked for nothing in particular, an entry is
//!
//! - a function that no other function is known to call: the reset, handlers in a table of vectors, what is called through pointers only;
//! - of functions that call each other in a cycle and that nothing else calls, the first by name, so that each function is below some entry;
//! - a function with the name of an exception's or interrupt's handler, whoever else calls it.

use super::calls::{Calls, at};
use super::cycles::Cycles;
use super::report::EntryKind;
use ounce_protocol::measurement::Part;
use std::collections::{HashMap, HashSet};

/// So many entries are told at most.
pub const ENTRIES_MAX: usize = 32;

/// What runs at reset, by the names of startup files, `cortex-m-rt`, `riscv-rt` and common practice.
const STARTS: &[&str] =
    &["Reset", "Reset_Handler", "ResetISR", "ResetHandler", "_start", "__start", "_reset", "reset", "_mainCRTStartup", "main"];

/// Handlers without a telling ending: of `cortex-m-rt`, `riscv-rt`, FreeRTOS.
const HANDLERS: &[&str] = &[
    "BusFault",
    "DebugMonitor",
    "DefaultHandler",
    "DefaultInterruptHandler",
    "ExceptionHandler",
    "HardFault",
    "HardFaultTrampoline",
    "MachineExternal",
    "MachineSoft",
    "MachineTimer",
    "MemoryManagement",
    "NonMaskableInt",
    "PendSV",
    "SecureFault",
    "SVCall",
    "SysTick",
    "UsageFault",
    "_start_trap",
    "_start_trap_rust",
    "vPortSVCHandler",
    "xPortPendSVHandler",
    "xPortSysTickHandler",
];

/// By its name alone, whether a function is run by the processor rather than by a call.
pub(super) fn kind_by_name(name: &str) -> Option<EntryKind> {
    // `app::TIM2_IRQHandler`: the last part of a path.
    let own = name.rsplit("::").next().unwrap_or(name);
    if STARTS.contains(&own) {
        return Some(EntryKind::Start);
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| own.strip_suffix(end).is_some_and(|rest| !rest.is_empty()));
    let handler = HANDLERS.contains(&own)
        || ends(&["_IRQHandler", "_IRQn_Handler", "_Handler", "_ISR", "_isr", "_irq_handler", "_exception"])
        || ["ISR_", "isr_", "__vector_"].iter().any(|start| own.strip_prefix(start).is_some_and(|rest| !rest.is_empty()));
    handler.then_some(EntryKind::Interrupt)
}

/// The functions of these names or linkage names, in the order of names; and the names that no function has.
pub(super) fn named(parts: &[Part], calls: &Calls, names: &[&str]) -> (Vec<(u32, EntryKind)>, Vec<String>) {
    let wanted: HashSet<&str> = names.iter().copied().collect();
    let mut met: HashMap<&str, ()> = HashMap::new();
    let mut found = Vec::new();
    for &i in calls.functions() {
        let part = &parts[at(i)];
        let own = [Some(part.name.as_str()), part.linkage.as_deref()];
        let mut asked = own.into_iter().flatten().filter(|name| wanted.contains(name)).peekable();
        if asked.peek().is_some() {
            found.push((i, EntryKind::Named));
            met.extend(asked.map(|name| (name, ())));
        }
    }
    let mut not_found: Vec<String> = Vec::new();
    for name in names.iter().filter(|name| !met.contains_key(**name)) {
        if !not_found.iter().any(|n| n == name) {
            not_found.push((*name).to_owned());
        }
    }
    (found, not_found)
}

/// The entries of an image where none are named, in the order of names.
pub(super) fn all(parts: &[Part], calls: &Calls, cycles: &Cycles) -> Vec<(u32, EntryKind)> {
    let mut called: Vec<bool> = vec![false; cycles.components().count()];
    for &caller in calls.functions() {
        for &callee in calls.from(caller) {
            if let (Some(from), Some(to)) = (cycles.component(caller), cycles.component(callee))
                && from != to
            {
                called[at(to)] = true;
            }
        }
    }
    let roots: HashSet<u32> =
        cycles.components().zip(&called).filter(|(_, called)| !**called).filter_map(|(members, _)| members.first().copied()).collect();
    let kind = |i: u32| match kind_by_name(&parts[at(i)].name) {
        // A `main` that is called is part of the chain from its reset.
        Some(EntryKind::Start) if roots.contains(&i) => Some(EntryKind::Start),
        Some(EntryKind::Interrupt) => Some(EntryKind::Interrupt),
        _ => roots.contains(&i).then_some(EntryKind::Root),
    };
    calls.functions().iter().filter_map(|&i| Some((i, kind(i)?))).collect()
}
