//! The VM's features and what each of them needs, as its manifest says.

use std::collections::{BTreeMap, BTreeSet};

use super::root;

/// The named sets, from the smallest on.
pub const SETS: [&str; 4] = ["minimal", "core", "standard", "full"];
/// Features that are no part of an image.
const NOT_PRICED: [&str; 7] = ["default", "minimal", "core", "standard", "full", "inspect", "stress"];

/// Each feature, and what it names; and those that are asked for, all where none is.
pub struct Features(BTreeMap<String, Vec<String>>, Vec<String>);

impl Features {
    /// Reads the manifest of the VM.
    ///
    /// # Errors
    /// Where it cannot be read, or knows no such feature as is asked for.
    pub fn read(asked: Vec<String>) -> Result<Features, String> {
        let path = root().join("firmware/vm/Cargo.toml");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let table = text.split_once("\n[features]\n").map_or("", |(_, rest)| rest.split("\n[").next().unwrap_or(rest));
        let lines = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = ["));
        let named = |needs: &str| needs.split('"').skip(1).step_by(2).filter(|need| !need.contains(':')).map(str::to_owned).collect();
        let all: BTreeMap<_, _> = lines.map(|(name, needs)| (name.trim().to_owned(), named(needs))).collect();
        match asked.iter().find(|name| !all.contains_key(*name) || NOT_PRICED.contains(&name.as_str())) {
            Some(unknown) => Err(format!("{unknown:?} is no feature that has a price; {} lists them", path.display())),
            None => Ok(Features(all, asked)),
        }
    }

    /// Those that have a price.
    pub fn priced(&self) -> impl Iterator<Item = &str> {
        let is_asked_for = |name: &str| self.1.is_empty() || self.1.iter().any(|asked| asked == name);
        self.0.keys().map(String::as_str).filter(move |name| !NOT_PRICED.contains(name) && is_asked_for(name))
    }

    /// All that a feature needs, itself left out.
    pub fn needed(&self, feature: &str) -> BTreeSet<&str> {
        let named = |name: &str| self.0.get(name).into_iter().flatten().map(String::as_str);
        let mut all = BTreeSet::new();
        let mut open: Vec<&str> = named(feature).collect();
        while let Some(next) = open.pop() {
            if all.insert(next) {
                open.extend(named(next));
            }
        }
        all
    }

    /// The image that has all that a feature needs and not itself.
    pub fn without(&self, feature: &str) -> String {
        let needed: Vec<&str> = self.needed(feature).into_iter().collect();
        if needed.is_empty() { "minimal".into() } else { needed.join(",") }
    }

    /// The image that has a feature. Named by all that is in it, so that it is the one that another feature may be without.
    pub fn with(&self, feature: &str) -> String {
        let mut all = self.needed(feature);
        all.extend(self.0.get_key_value(feature).map(|(name, _)| name.as_str()));
        all.into_iter().collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_feature_needs_is_found_through_others() {
        let features = Features::read(Vec::new()).unwrap();
        assert!(features.needed("asyncio").contains("import") && features.needed("traceback").is_empty());
        assert!(!features.needed("float").iter().any(|need| need.contains("libm")));
    }

    #[test]
    fn what_is_asked_for_has_to_be_there() {
        let asked = |names: &[&str]| Features::read(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(asked(&["json", "f64"]).unwrap().priced().collect::<Vec<_>>(), ["f64", "json"]);
        assert!(asked(&["jason"]).is_err_and(|why| why.contains("\"jason\" is no feature")));
    }

    #[test]
    fn an_image_has_one_name_whichever_feature_asks_for_it() {
        let features = Features::read(Vec::new()).unwrap();
        assert_eq!(features.without("descriptors"), features.with("language"));
        assert_eq!(features.without("speed"), "minimal");
    }
}
