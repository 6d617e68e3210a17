//! Budgets: the limits a project sets itself, for one pull request or since a tag or a date.

use super::optional_size;
use crate::ids::{BenchName, BoardName, RegionName};
use serde::de::{self, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Longest name of a tag, bytes.
pub const TAG_BYTES_MAX: usize = 128;
/// Longest name of a group, characters.
pub const GROUP_CHARS_MAX: usize = 96;

/// A limit the project sets itself. Each has one subject and at least one limit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Bytes of this region.
    #[serde(default)]
    pub region: Option<RegionName>,
    /// Of the region, only what this group owns: a crate, `C`, or a section, as the report's column "group" shows it.
    #[serde(default)]
    pub group: Option<String>,
    /// A figure of the benchmarks.
    #[serde(default)]
    pub metric: Option<BenchMetric>,
    /// The boards it holds for; all where it is left out.
    #[serde(default)]
    pub boards: Option<Vec<BoardName>>,
    /// The benchmarks it holds for; all where it is left out.
    #[serde(default)]
    pub benchmarks: Option<Vec<BenchName>>,
    /// From where growth is counted, over all pull requests since; the pull request's own base where it is left out.
    #[serde(default)]
    pub since: Option<Since>,
    /// Most growth, bytes (or instructions).
    #[serde(default)]
    pub max_growth: Option<u64>,
    /// Most growth, percent of what it is counted from.
    #[serde(default)]
    pub max_growth_percent: Option<Percent>,
    /// Least bytes that must stay free in the region.
    #[serde(default, deserialize_with = "optional_size")]
    pub min_headroom: Option<u64>,
}

impl Budget {
    /// What of a budget can be wrong whatever boards there are.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.metric.is_some() && self.min_headroom.is_some() {
            return Err("`min_headroom` goes with `region`".into());
        }
        if self.metric.is_some() && self.group.is_some() {
            return Err("`group` goes with `region`".into());
        }
        if self.min_headroom.is_some() && (self.since.is_some() || self.group.is_some()) {
            return Err("`min_headroom` is of the region as it is: give it a budget of its own, without `since` and `group`".into());
        }
        if let Some(group) = &self.group
            && (group.trim().is_empty() || group.chars().any(char::is_control) || group.chars().count() > GROUP_CHARS_MAX)
        {
            return Err(format!("a group is a name as the report shows it, of at most {GROUP_CHARS_MAX} characters"));
        }
        if self.max_growth.is_none() && self.max_growth_percent.is_none() && self.min_headroom.is_none() {
            return Err("no limit: give `max_growth`, `max_growth_percent` or `min_headroom`".into());
        }
        Ok(())
    }
}

/// A percentage, kept in hundredths so that comparing it is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Percent {
    /// Hundredths of a percent.
    pub hundredths: i64,
}

impl TryFrom<f64> for Percent {
    type Error = String;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked in the line before")]
    fn try_from(percent: f64) -> Result<Self, String> {
        if (0.0..=10_000.0).contains(&percent) {
            Ok(Percent { hundredths: (percent * 100.0).round() as i64 })
        } else {
            Err(format!("{percent} is not a percentage between 0 and 10000"))
        }
    }
}

/// A benchmark's figures that a budget can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BenchMetric {
    /// Instructions.
    Instructions,
    /// Stack peak, bytes.
    Stack,
    /// Heap peak, bytes.
    Heap,
}

impl BenchMetric {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            BenchMetric::Instructions => "instructions",
            BenchMetric::Stack => "stack",
            BenchMetric::Heap => "heap",
        }
    }
}

/// From where a budget counts: a tag's commit, or the last commit of the default branch before a day began (UTC).
///
/// Written as the tag's name or as `2026-10-01`; a tag with a day for its name is `refs/tags/2026-10-01`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub enum Since {
    /// A tag, without `refs/tags/`. A name that git allows and that no program takes for an option.
    Tag(String),
    /// A day of the calendar.
    Date {
        /// Year, four digits.
        year: u16,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
}

impl Since {
    /// Reads the name of a tag, or a day.
    ///
    /// # Errors
    /// Where it is neither; the message says what is.
    pub fn parse(text: &str) -> Result<Since, String> {
        if let Some(name) = text.strip_prefix("refs/tags/") {
            return tag(name);
        }
        let Some([year, month, day]) = day_parts(text) else { return tag(text) };
        let (month, day) = (u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0));
        if (1..=days_in(year, month)).contains(&day) {
            Ok(Since::Date { year, month, day })
        } else {
            Err(format!("{text} is no day of the calendar; a tag with this name is \"refs/tags/{text}\""))
        }
    }
}

fn tag(name: &str) -> Result<Since, String> {
    // git's own rules (git-check-ref-format), narrowed to visible ASCII.
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let fine = name.len() <= TAG_BYTES_MAX
        && name.bytes().all(|b| b.is_ascii_graphic() && !b"~^:?*[\\".contains(&b))
        && name.split('/').all(part)
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{");
    if fine {
        Ok(Since::Tag(name.to_owned()))
    } else {
        Err(format!("{name:?} is no tag; `since` is a tag such as \"v1.2\" or a date such as 2026-10-01"))
    }
}

/// `2026-10-01` → its three numbers.
fn day_parts(text: &str) -> Option<[u16; 3]> {
    let shape = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse().ok();
    if shape { Some([number(0..4)?, number(5..7)?, number(8..10)?]) } else { None }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Since::Tag(name) if day_parts(name).is_some() => write!(f, "refs/tags/{name}"),
            Since::Tag(name) => f.write_str(name),
            Since::Date { year, month, day } => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

impl From<Since> for String {
    fn from(since: Since) -> String {
        since.to_string()
    }
}

impl<'de> Deserialize<'de> for Since {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Since, D::Error> {
        /// A text anywhere, and TOML's own dates.
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = Since;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tag such as \"v1.2\" or a date such as 2026-10-01")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Since, E> {
                Since::parse(text).map_err(E::custom)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Since, A::Error> {
                let date = toml::value::Datetime::deserialize(MapAccessDeserializer::new(map))?;
                match (date.date, date.time, date.offset) {
                    (Some(d), None, None) => Since::parse(&d.to_string()).map_err(de::Error::custom),
                    _ => Err(de::Error::custom(format!(
                        "{date}: `since` takes a date alone, such as 2026-10-01; its day begins at 00:00 UTC"
                    ))),
                }
            }
        }
        d.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_or_a_day_reads_as_it_is_written() {
        let check = |text: &str, since: Since| {
            assert_eq!(Since::parse(text), Ok(since.clone()), "{text}");
            assert_eq!(since.to_string(), text);
            assert_eq!(serde_json::from_str::<Since>(&serde_json::to_string(&since).unwrap()).unwrap(), since);
        };
        check("v1.2", Since::Tag("v1.2".into()));
        check("release/2026", Since::Tag("release/2026".into()));
        check("2026-10-01", Since::Date { year: 2026, month: 10, day: 1 });
        check("2024-02-29", Since::Date { year: 2024, month: 2, day: 29 });
        check("refs/tags/2026-10-01", Since::Tag("2026-10-01".into()));
        check("refs/tags/2026-99-99", Since::Tag("2026-99-99".into()));
        for bad in [
            "",
            "-d",
            "a b",
            "a..b",
            "a^",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a.lock",
            "a.",
            "a@{1}",
            "a\nb",
            "é",
            "2023-02-29",
            "2026-00-10",
            "2026-13-01",
        ] {
            assert!(Since::parse(bad).is_err(), "{bad}");
        }
        assert!(Since::parse(&"a".repeat(TAG_BYTES_MAX)).is_ok() && Since::parse(&"a".repeat(TAG_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn toml_has_dates_of_its_own() {
        let check = |toml: &str, text: &str| {
            let budget: Budget = toml::from_str(&format!("region = \"flash\"\nmax_growth = 1\nsince = {toml}\n")).unwrap();
            assert_eq!(budget.since.unwrap().to_string(), text);
        };
        check("2026-10-01", "2026-10-01");
        check("\"2026-10-01\"", "2026-10-01");
        check("\"v1.2\"", "v1.2");
        check("\"refs/tags/v1.2\"", "v1.2");
    }
}
