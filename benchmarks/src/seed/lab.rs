//! The units of the runners' labs, one for each way in which a unit can stand.

use anyhow::Result;
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;
use ounce_protocol::lab::UnitState;
use ounce_server::store::{Connection, units};

const HOUR_MS: Millis = 3_600_000;

/// What the runners told: when, in hours before the end, and of which units. What was told last holds.
const TOLD: [(Millis, &str, &str); 5] = [
    (
        90,
        "lab-1",
        r#"[{"name":"right","board":"microbit","probe":"0d28:0204:9900000037834e45","standing":"well","rungs":{"attach":{"tried":2,"helped":2}}},
            {"name":"spare","board":"pyboard","probe":"0483:374b:066dff","standing":"well"}]"#,
    ),
    (
        27,
        "lab-1",
        r#"[{"name":"right","board":"microbit","probe":"0d28:0204:9900000037834e45","standing":"offline"},
            {"name":"spare","board":"pyboard","probe":"0483:374b:066dff","standing":"well"}]"#,
    ),
    (
        0,
        "lab-1",
        r#"[{"name":"left","board":"microbit","probe":"0d28:0204:9900000037834e44","standing":"well","repeats":{"all":1284,"flaky":3},
             "rungs":{"attach":{"tried":9,"helped":7},"under_reset":{"tried":2,"helped":1},"power_cycle":{"tried":1,"helped":1}},
             "tested":{"passed":true,"said":"RAM 15012 of 16384 B, flash read on the core is image 4be1d07c99aa, console, clock about 16.0 MHz","at_ms":AT}},
            {"name":"right","board":"microbit","probe":"0d28:0204:9900000037834e45","standing":"offline","repeats":{"all":412,"flaky":0},
             "note":"probe 0d28:0204:9900000037834e45: the chip does not answer: an ARM specific error occurred: <img src=x onerror=alert(1)>",
             "rungs":{"attach":{"tried":20,"helped":2},"under_reset":{"tried":9,"helped":0},"slower":{"tried":9,"helped":0},"power_cycle":{"tried":6,"helped":0}},
             "tested":{"passed":false,"said":"the board fails its self-test: RAM at 0x20000400: 0x20000404 where 0x20000400 was written","at_ms":AT}},
            {"name":"spare","board":"pyboard","probe":"0483:374b:066dff","standing":"well","missing":"its probe is not plugged in"},
            {"name":"top","board":"mps2-an385","probe":"20b7:9db1:unix:/run/board-sim/top","standing":"well","in_use":true,"repeats":{"all":96,"flaky":0}}]"#,
    ),
    (
        0,
        "lab-2",
        r#"[{"name":"bench","board":"mps2-an385","probe":"0d28:0204:0240000032044e45","standing":"suspect",
             "note":"probe 0d28:0204:0240000032044e45: flash cannot be written: nothing came back within its time","rungs":{"attach":{"tried":2,"helped":0},"under_reset":{"tried":1,"helped":0},"slower":{"tried":1,"helped":0}}},
            {"name":"window","board":"microbit","probe":"0d28:0204:9900000037834e51","standing":"well",
             "quarantine":{"owner":"ann","until":"2027-01-15","why":"its display flickers while flash is written; I want to see whether that is the board or the cable"}}]"#,
    ),
    (0, "desk", r#"[{"name":"mine","board":"microbit","probe":"0d28:0204:9900000037834e99","standing":"well"}]"#),
];

/// Writes what the runners told of their labs.
pub async fn units(c: &mut Connection, until_ms: Millis) -> Result<()> {
    for (ago, runner, json) in TOLD {
        let told: Vec<UnitState> = serde_json::from_str(&json.replace("AT", &(until_ms - 5 * HOUR_MS).to_string()))?;
        units::tell(c, &RunnerName::parse(runner)?, &told, until_ms - ago * HOUR_MS).await?;
    }
    Ok(())
}
