//! Why: what was compiled into what, and what was pulled in by whom.

use crate::images::{ALL_EVIDENCE, bytes, for_chips, told};
use ounce_analysis::comparison::{Change, Reason};
use ounce_analysis::why::PATH_NAMES_MAX;
use ounce_protocol::measurement::Owner;

#[test]
fn a_function_that_is_compiled_into_its_caller_says_where_it_went() {
    const SCALE: &str = r#"
volatile unsigned input, output;
static NOINLINE unsigned scale(unsigned n)
{
    for (unsigned i = 0; i < 5; i++)
        n = (n << 3 ^ n >> 5) + input;
    return n;
}
__attribute__((noinline)) void step(void) { output = scale(input); }
int main(void)
{
    for (;;)
        step();
}
"#;
    for_chips("a function that is inlined", |chip| {
        for evidence in ALL_EVIDENCE {
            let build =
                |attribute: &str| chip.with("-O2 -g").linked(evidence, &[("scale.c", &format!("#define NOINLINE {attribute}\n{SCALE}"))]);
            let (apart, inlined) = (build("__attribute__((noinline))"), build(""));
            let there = told(&apart, &inlined);
            let (step, scale) = (there.row("step"), there.row("scale"));
            assert_eq!((&step.change, &scale.change), (&Change::Grown, &Change::Removed), "{evidence:?}");
            assert!(
                matches!(&step.why[..], [Reason::Inlined { name, bytes }] if name == "scale" && *bytes > 0),
                "{evidence:?}: {:?}",
                step.why
            );
            assert_eq!(scale.why, [Reason::Unused { by: "step".into() }], "{evidence:?}");

            let back = told(&inlined, &apart);
            let (step, scale) = (back.row("step"), back.row("scale"));
            assert_eq!((&step.change, &scale.change), (&Change::Shrunk, &Change::Added), "{evidence:?}");
            let not_inlined = |reason: &Reason| matches!(reason, Reason::NotInlined { name, .. } if name == "scale");
            let uses = |reason: &Reason| matches!(reason, Reason::Uses { name, bytes } if name == "scale" && *bytes == scale.head_bytes);
            assert!(step.why.iter().any(not_inlined) && step.why.iter().any(uses), "{evidence:?}: {:?}", step.why);
        }
    });
}

#[test]
fn what_a_library_brings_says_by_whom_it_was_called() {
    // Division of 64 bits is a function of the compiler's own library.
    const MEAN: &str = r#"
volatile unsigned long long sum, mean;
volatile unsigned count;
__attribute__((noinline)) void average(void) { mean = DIVIDED; }
int main(void)
{
    average();
    return 0;
}
"#;
    for_chips("a function of the compiler's library", |chip| {
        for evidence in ALL_EVIDENCE {
            let build = |divided: &str| chip.linked(evidence, &[("mean.c", &format!("#define DIVIDED {divided}\n{MEAN}"))]);
            let told = told(&build("sum"), &build("sum / count"));
            let average = told.row("average");
            let brought: Vec<_> =
                told.regions[0].rows.iter().filter(|row| row.change == Change::Added && row.owner == Owner::Symbol).collect();
            assert!(!brought.is_empty(), "{evidence:?}");
            let direct: Vec<&str> =
                average.why.iter().filter_map(|r| if let Reason::Uses { name, .. } = r { Some(&**name) } else { None }).collect();
            assert_eq!(direct.len(), 1, "{evidence:?}: {:?}", average.why);
            for row in brought {
                let [Reason::PulledIn { path }] = &row.why[..] else { panic!("{evidence:?}: {} {:?}", row.name, row.why) };
                assert_eq!((path[0].as_str(), path[1].as_str(), path.last()), ("average", direct[0], Some(&row.name)), "{evidence:?}");
            }
        }
    });
}

#[test]
fn printing_with_a_c_library_says_what_led_to_each_of_its_functions() {
    const REPORT: &str = r#"
#include <stdio.h>
char line[40];
volatile int value;
__attribute__((noinline)) void report(void)
{
#ifdef FORMATTED
    snprintf(line, sizeof line, "value %d", value);
#else
    line[0] = (char)value;
#endif
}
int main(void)
{
    report();
    return 0;
}
"#;
    for_chips("a function of the C library", |chip| {
        let Some(chip) = chip.with_library("a function of the C library") else { return };
        for evidence in ALL_EVIDENCE {
            let build = |define: &str| chip.linked(evidence, &[("report.c", &format!("{define}\n{REPORT}"))]);
            let told = told(&build(""), &build("#define FORMATTED"));
            let snprintf = told.row("snprintf");
            assert_eq!(snprintf.why, [Reason::PulledIn { path: vec!["report".into(), "snprintf".into()] }], "{evidence:?}");
            let path = ["report", "snprintf", "_svfprintf_r", "_dtoa_r"].map(str::to_owned);
            assert_eq!(told.row("_dtoa_r").why, [Reason::PulledIn { path: path.to_vec() }], "{evidence:?}");
            // What nothing refers to is there because it shares an input section with what is used: of that nothing is said.
            let mut sums = [0, 0];
            for row in told.regions[0].rows.iter().filter(|row| row.owner == Owner::Symbol && row.change == Change::Added) {
                sums[usize::from(row.why.is_empty())] += bytes(row);
                if let [Reason::PulledIn { path }] = &row.why[..]
                    && row.head_bytes >= 100
                {
                    assert!(path[0] == "report" || path.len() == PATH_NAMES_MAX, "{evidence:?}: {path:?}");
                    assert_eq!(path.last(), Some(&row.name), "{evidence:?}");
                }
            }
            assert!(sums[0] > 3 * sums[1], "{evidence:?}: {sums:?}");
        }
    });
}
