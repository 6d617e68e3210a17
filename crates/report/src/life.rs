//! What commits did to an owner of bytes, as comma-separated values: see `csv` for how texts and figures are written.

use crate::csv::Csv;

const COLUMNS: [&str; 17] = [
    "date",
    "commit",
    "author",
    "pull_request",
    "board",
    "region",
    "change",
    "owner",
    "name",
    "group",
    "from",
    "base_bytes",
    "head_bytes",
    "delta_bytes",
    "base_instructions",
    "head_instructions",
    "summary",
];

/// What a commit did to an owner, in one region on one board. All texts may be hostile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LifeStep {
    /// When it was committed, RFC 3339.
    pub date: String,
    /// The commit.
    pub commit: String,
    /// Who wrote it.
    pub author: String,
    /// The pull request that landed by it.
    pub pull: Option<u64>,
    /// The board.
    pub board: String,
    /// The region.
    pub region: String,
    /// One word: `added`, `grown`, …
    pub change: String,
    /// How the owner is known, a word.
    pub owner: String,
    /// The owner.
    pub name: String,
    /// What it is counted under.
    pub group: String,
    /// Its name before, where it was renamed or moved.
    pub from: String,
    /// Bytes before and after.
    pub bytes: (u64, u64),
    /// Instructions before and after, where they changed.
    pub instructions: Option<(u64, u64)>,
    /// First line of the commit's message.
    pub summary: String,
}

/// A line for each change, in this order. The columns are stated in docs/interfaces.md; new ones are added at the end.
pub fn life_csv(steps: &[LifeStep]) -> String {
    let mut out = Csv::new(&COLUMNS);
    for step in steps {
        out.text(&step.date).text(&step.commit).text(&step.author).text(&step.pull.map_or(String::new(), |n| n.to_string()));
        out.text(&step.board).text(&step.region).text(&step.change).text(&step.owner).text(&step.name).text(&step.group).text(&step.from);
        out.figure(step.bytes.0).figure(step.bytes.1).figure(i128::from(step.bytes.1) - i128::from(step.bytes.0));
        out.pair(step.instructions).text(&step.summary).end();
    }
    out.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_a_line_and_hostile_texts_stay_in_their_cells() {
        let step = LifeStep {
            date: "2026-10-01T00:00:00Z".into(),
            pull: Some(7),
            name: "=cmd()".into(),
            author: "a,\n\"b\"".into(),
            bytes: (u64::MAX, 4),
            instructions: Some((5, 6)),
            ..LifeStep::default()
        };
        let csv = life_csv(&[step]);
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        assert_eq!(
            lines[1],
            "2026-10-01T00:00:00Z,,\"a, \"\"b\"\"\",7,,,,,\"'=cmd()\",,,18446744073709551615,4,-18446744073709551611,5,6,"
        );
        assert_eq!(lines.len(), 3);
    }
}
