//! Where traces are sent, if anywhere: the table `[otlp]`, and the variable that all programs with OpenTelemetry know.

use super::secret_file;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The standard's own variable; it goes over the file.
pub const ENDPOINT_VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// What the standard has appended to the endpoint, for traces.
const TRACES_PATH: &str = "/v1/traces";
/// Most headers sent with each batch.
pub const HEADERS_MAX: usize = 16;

/// Where traces are sent, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Otlp {
    /// The address that batches are posted to.
    pub url: String,
    /// What is sent with each: mostly who we are. They are secrets, and marked so: nothing prints them.
    pub headers: HeaderMap,
    /// The part of all traces that is sent, from 0 to 1.
    pub sample: f64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOtlp {
    pub endpoint: Option<String>,
    headers_file: Option<PathBuf>,
    sample: Option<f64>,
}

impl RawOtlp {
    pub(super) fn check(self, folder: &Path) -> Result<Otlp, String> {
        let Some(endpoint) = &self.endpoint else {
            return Err(format!(
                "otlp: no endpoint: add `endpoint`, the address of a collector such as \"http://127.0.0.1:4318\" (or {ENDPOINT_VARIABLE})"
            ));
        };
        if !cfg!(feature = "otlp") {
            return Err("otlp: this ounce-server cannot send traces: build it with `--features otlp`, or leave out the endpoint".into());
        }
        let sample = self.sample.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&sample) {
            return Err(format!("otlp.sample = {sample} is not from 0 to 1, the part of all traces that is sent"));
        }
        let headers = self.headers_file.map(|file| secret_file("otlp.headers_file", folder, &file).and_then(|text| headers(text.expose())));
        Ok(Otlp { url: traces_url(endpoint)?, headers: headers.transpose()?.unwrap_or_default(), sample })
    }
}

/// The endpoint is not shown where it is wrong in a way in which it may hold a secret.
fn traces_url(endpoint: &str) -> Result<String, String> {
    let secretive = "otlp.endpoint holds more than an address: what proves who we are belongs into `headers_file`";
    if endpoint.contains(['@', '?', '#']) {
        return Err(secretive.into());
    }
    let endpoint = super::url("otlp.endpoint", endpoint)?;
    if endpoint.ends_with(TRACES_PATH) {
        return Err(format!("otlp.endpoint = {endpoint:?} ends with {TRACES_PATH}, which is appended: leave it out"));
    }
    Ok(format!("{endpoint}{TRACES_PATH}"))
}

/// A header a line, as HTTP writes them. A line that is none is named by its number only.
fn headers(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let header = line.split_once(':').and_then(|(name, value)| {
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            let value = HeaderValue::from_str(value.trim()).ok().filter(|value| !value.is_empty())?;
            Some((name, value))
        });
        let Some((name, mut value)) = header else {
            return Err(format!("otlp.headers_file: line {} is not a header such as `Authorization: Bearer …`", at + 1));
        };
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    match headers.len() {
        0..=HEADERS_MAX => Ok(headers),
        n => Err(format!("otlp.headers_file: {n} headers, at most {HEADERS_MAX}")),
    }
}

#[cfg(all(test, feature = "otlp"))]
mod tests {
    use super::super::Config;
    use super::*;

    const REST: &str = "projects = [\"acme/blinky\"]\n[forge]\ntoken = \"t\"\nwebhook_secrets = [\"hush\"]\n";

    fn parse(table: &str, headers: &str, env: &[(&str, &str)]) -> Result<Option<Otlp>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("otlp.headers"), headers).unwrap();
        let env = |name: &str| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
        Config::parse(&format!("{REST}{table}"), folder.path(), &env).map(|c| c.otlp).map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_is_sent_unless_it_is_asked_for() {
        assert_eq!(parse("", "", &[]), Ok(None));
        assert_eq!(parse("", "", &[(ENDPOINT_VARIABLE, "")]), Ok(None), "the standard: an empty variable is none");
    }

    #[test]
    fn the_standards_path_is_appended_and_its_variable_goes_over_the_file() {
        let check = |table: &str, env: &[(&str, &str)], url: &str, sample: f64| {
            let otlp = parse(table, "", env).unwrap().unwrap();
            assert_eq!((otlp.url.as_str(), otlp.sample), (url, sample), "{table}");
        };
        check("[otlp]\nendpoint = \"http://collector:4318\"\n", &[], "http://collector:4318/v1/traces", 1.0);
        check("[otlp]\nendpoint = \"https://c.example/in/\"\nsample = 0.25\n", &[], "https://c.example/in/v1/traces", 0.25);
        check("[otlp]\nendpoint = \"http://a\"\nsample = 0\n", &[(ENDPOINT_VARIABLE, "http://b:1/")], "http://b:1/v1/traces", 0.0);
        check("", &[(ENDPOINT_VARIABLE, "http://b:1")], "http://b:1/v1/traces", 1.0);
    }

    #[test]
    fn headers_are_read_from_their_file_and_never_shown() {
        let table = "[otlp]\nendpoint = \"http://c\"\nheaders_file = \"otlp.headers\"\n";
        let otlp = parse(table, "Authorization: Bearer sesame\r\n\nx-scope: a:b\n", &[]).unwrap().unwrap();
        assert_eq!(otlp.headers["authorization"], "Bearer sesame");
        assert_eq!(otlp.headers["x-scope"], "a:b");
        assert!(!format!("{otlp:?}").contains("sesame"), "{otlp:?}");
    }

    #[test]
    fn mistakes_are_named_with_the_next_step() {
        let check = |table: &str, headers: &str, says: &str| {
            let error = parse(&format!("[otlp]\n{table}\n"), headers, &[]).unwrap_err();
            assert!(error.contains(says), "{table}: {error}");
            assert!(!error.contains("sesame"), "a secret is in: {error}");
        };
        check("", "", "no endpoint");
        check("sample = 0.5", "", "no endpoint");
        check("endpont = \"http://c\"", "", "did you mean `endpoint`?");
        check("endpoint = \"collector:4318\"", "", "not a http or https address");
        check("endpoint = \"http://me:sesame@c\"", "", "`headers_file`");
        check("endpoint = \"http://c/?key=sesame\"", "", "`headers_file`");
        check("endpoint = \"http://c/v1/traces\"", "", "is appended");
        check("endpoint = \"http://c\"\nsample = 1.5", "", "not from 0 to 1");
        check("endpoint = \"http://c\"\nsample = nan", "", "not from 0 to 1");
        check("endpoint = \"http://c\"\nsample = \"sesame\"", "", "invalid type");
        check("endpoint = \"http://c\"\nheaders_file = \"none\"", "", "otlp.headers_file: ");
        let file = "endpoint = \"http://c\"\nheaders_file = \"otlp.headers\"";
        check(file, "", "is empty");
        check(file, "x: y\nBearer sesame\n", "line 2");
        check(file, "Authori zation: sesame\n", "line 1");
        check(file, "Authorization: sesame\u{7}\n", "line 1");
        check(file, &(0..=HEADERS_MAX).map(|n| format!("x-{n}: sesame\n")).collect::<String>(), "17 headers, at most 16");
    }
}
