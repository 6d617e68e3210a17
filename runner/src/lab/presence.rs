//! Which probes are there now. Looking is done by a process of its own: what hangs on USB may hang who looks.

use crate::exec::{Program, own_program};
use crate::lab::inventory::Selector;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// How long looking may take.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// A probe that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// `VID:PID:SERIAL`.
    pub selector: String,
    /// What it calls itself.
    pub described: String,
    /// Whether this user may open it.
    pub may_open: bool,
}

/// Whether a unit's probe is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It can be opened.
    There,
    /// It is plugged in, and this user may not open it.
    Forbidden,
    /// It is not plugged in.
    Missing,
}

/// All probes on USB.
///
/// # Errors
/// Where they cannot be listed.
pub async fn look() -> Result<Vec<Found>> {
    let own = own_program()?;
    let ran = Program::new(own).args(["probe", "--list"]).timeout(LOOK_MAX).run(&()).await?;
    if !ran.ok() {
        bail!("the probes cannot be listed: {}: {}", ran.how(), ran.tail.trim());
    }
    serde_json::from_slice(&ran.stdout).context("the list of probes makes no sense: this is a fault of ounce")
}

/// Lists the probes: in the process that [`look`] starts.
pub fn list() -> Vec<Found> {
    use probe_rs::probe::list::{Accessibility, Lister};
    let found = Lister::new().list_all_with_access();
    let one = |item: probe_rs::probe::list::ProbeListItem| Found {
        selector: format!(
            "{:04x}:{:04x}:{}",
            item.info.vendor_id,
            item.info.product_id,
            item.info.serial_number.as_deref().unwrap_or_default()
        ),
        described: item.info.identifier.clone(),
        may_open: item.accessibility == Accessibility::Accessible,
    };
    found.into_iter().map(one).collect()
}

/// Whether a probe is among those found; one behind a socket is there when the socket is.
pub fn presence(probe: &Selector, found: &[Found]) -> Presence {
    match probe.serial().split_once(':') {
        Some(("unix", path)) if Path::new(path).exists() => return Presence::There,
        Some(("unix", _)) => return Presence::Missing,
        // Only opening it would tell.
        Some(("tcp", _)) => return Presence::There,
        _ => {}
    }
    match found.iter().find(|found| found.selector.eq_ignore_ascii_case(probe.as_str())) {
        Some(Found { may_open: true, .. }) => Presence::There,
        Some(_) => Presence::Forbidden,
        None => Presence::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_there_by_its_serial_number() {
        let found = |selector: &str, may_open| Found { selector: selector.into(), described: String::new(), may_open };
        let all = [found("0d28:0204:99AA", true), found("0483:374b:12", false)];
        let check = |probe: &str, is: Presence| assert_eq!(presence(&Selector::try_from(probe.to_owned()).unwrap(), &all), is, "{probe}");
        check("0d28:0204:99aa", Presence::There);
        check("0d28:0204:99ab", Presence::Missing);
        check("0483:374b:12", Presence::Forbidden);
        check("20b7:9db1:unix:/nowhere/at/all", Presence::Missing);
        check("20b7:9db1:unix:/", Presence::There);
    }
}
