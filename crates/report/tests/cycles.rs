//! How cycles stand in a report: those that a board counted, beside their noise, and those that a model estimates.

mod samples;

use insta::assert_snapshot;
use ounce_analysis::comparison::*;
use ounce_analysis::cycles::{Answer, CycleDelta};
use ounce_report::body;
use samples::*;

const SAME: CycleDelta = CycleDelta {
    base: 100_000,
    head: 100_500,
    ppm: 5_000,
    band_ppm: Some(1_200),
    layout_ppm: None,
    temperature_quarter_c: None,
    supply_mv: None,
    in_layout: true,
    answer: Answer::Same,
    instructions: None,
    estimated: None,
};

/// From the board's heading on.
fn said(benches: Vec<BenchDelta>) -> String {
    let state = compared(Tendency::Free, Some(0), vec![], benches);
    let body = body(&comparison(Verdict::WithinBudget, vec![board("unit", "a unit", state)]));
    let (_, details) = body.split_once("<details>").unwrap_or_else(|| panic!("{body}"));
    let (details, _) = details.split_once("</details>").unwrap();
    details.trim().to_owned()
}

fn ran(name: &str, cycles: CycleDelta) -> BenchDelta {
    let side = || BenchSide::Ran { stack_peak_bytes: None, heap_peak_bytes: None };
    BenchDelta { cycles: Some(cycles), ..bench(name, side(), side(), &[]) }
}

#[test]
fn a_boards_own_cycles_stand_beside_its_noise_and_what_its_twin_counts() {
    let different = CycleDelta {
        head: 103_000,
        ppm: 30_000,
        answer: Answer::Different,
        in_layout: false,
        instructions: Some(Moved { base: 60_000, head: 61_800 }),
        estimated: Some(Moved { base: 99_000, head: 102_000 }),
        temperature_quarter_c: Some((-5, 94)),
        supply_mv: Some((3_286, 3_286)),
        ..SAME
    };
    // The code does the same: it has moved.
    let moved = CycleDelta { instructions: Some(Moved { base: 60_000, head: 60_000 }), ..different };
    let moved_by_layout = CycleDelta { layout_ppm: Some(14_000), temperature_quarter_c: Some((90, 98)), ..SAME };
    assert_snapshot!(said(vec![ran("fib", different), ran("fir", moved), ran("sort", moved_by_layout), ran("sum", SAME)]), @r"
    <summary><code>unit</code> a unit: details</summary>

    | region | used | left | change |
    | :----- | ---: | ---: | -----: |

    | benchmark |            cycles |  change |    noise | instructions |           estimated |                                       |
    | :-------- | ----------------: | ------: | -------: | -----------: | ------------------: | :------------------------------------ |
    | `fib`     | 100,000 → 103,000 | +3.00 % | ± 0.12 % |       +1,800 | ≈ 102,000 (+3.03 %) | different                             |
    | `fir`     | 100,000 → 103,000 | +3.00 % | ± 0.12 % |            0 | ≈ 102,000 (+3.03 %) | different, with the same instructions |
    | `sort`    | 100,000 → 100,500 | +0.50 % | ± 0.12 % |            – |                   – | same: within what rebuilds alone moved here |
    | `sum`     | 100,000 → 100,500 | +0.50 % | ± 0.12 % |            – |                   – | same: within what a rebuild alone may move |

    The chip told −1.25 to 24.50 °C and a supply of 3.28 V meanwhile.

    4 benchmarks ran on the board and gave the right result; instructions are not counted there.
    ");
    // Without a model there is no column, and without sensors no sentence.
    let different = CycleDelta { answer: Answer::Different, ..SAME };
    assert_snapshot!(said(vec![ran("sum", different)]), @r"
    <summary><code>unit</code> a unit: details</summary>

    | region | used | left | change |
    | :----- | ---: | ---: | -----: |

    | benchmark |            cycles |  change |    noise | instructions |           |
    | :-------- | ----------------: | ------: | -------: | -----------: | :-------- |
    | `sum`     | 100,000 → 100,500 | +0.50 % | ± 0.12 % |            – | different |

    1 benchmark ran on the board and gave the right result; instructions are not counted there.
    ");
}

#[test]
fn estimated_cycles_that_moved_are_said_to_be_estimated() {
    let estimated = |instructions, cycles| match counted(instructions) {
        BenchSide::Counted { instructions, exact, stack_peak_bytes, heap_peak_bytes, .. } => {
            BenchSide::Counted { instructions, exact, stack_peak_bytes, heap_peak_bytes, estimated_cycles: Some(cycles) }
        }
        other => other,
    };
    let benches = vec![
        bench("fib", estimated(1_000, 1_700), estimated(1_000, 1_717), &[]),
        bench("sort", estimated(500, 900), estimated(500, 900), &[]),
        bench("sum", counted(500), estimated(500, 900), &[]),
    ];
    assert_snapshot!(said(benches), @r"
    <summary><code>unit</code> a unit: details</summary>

    | region | used | left | change |
    | :----- | ---: | ---: | -----: |

    3 benchmarks without change, to the instruction.

    Cycles, estimated by a model of the core with memory that never makes it wait; not measured:

    - `fib`: 1,700 → 1,717 (+1.00 %)
    ");
}
