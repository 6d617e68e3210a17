//! A server without an App: the page that makes one, from the code in the log to the first signed event.

use github_double::{Config as DoubleConfig, Double};
use ounce_server::clock::Clock;
use ounce_server::config::{Account, AppFiles, Config};
use ounce_server::serve;
use reqwest::{StatusCode, redirect};
use std::path::Path;

const CODE: &str = "c0ffee";

/// A server on its setup page, opposite a double under an Enterprise address.
struct Desk {
    double: Double,
    folder: tempfile::TempDir,
    text: String,
    url: String,
    http: reqwest::Client,
    serving: tokio::task::JoinHandle<anyhow::Result<bool>>,
}

impl Desk {
    async fn new() -> Desk {
        let double = Double::start(DoubleConfig::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\npublic_url = \"{url}\"\n[forge]\nmode = \"app\"\napi_url = \"{at}/api/v3\"\nclone_url = \"{at}\"\n
             app_id_file = \"app.id\"\nkey_file = \"app.pem\"\nwebhook_secret_files = [\"hook.secret\"]\n",
            at = double.base_url()
        );
        let config = Config::parse(&text, folder.path(), &|_| None).unwrap();
        let Account::AppToMake(files) = config.forge.account.clone() else { panic!("an App is there already") };
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        let (told, listening) = tokio::sync::oneshot::channel();
        let serving = tokio::spawn(serve_setup(config, files, told));
        listening.await.unwrap();
        Desk { double, folder, text, url, http, serving }
    }

    async fn post(&self, url: &str, form: String) -> reqwest::Response {
        self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap()
    }

    /// Enters the code; gives the form's address and manifest.
    async fn open(&self, organisation: &str) -> (String, String) {
        let answer = self.post(&format!("{}/setup", self.url), format!("code={CODE}&organisation={organisation}")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let page = answer.text().await.unwrap();
        let attribute = |before: &str| {
            let text = page.split_once(before).expect(before).1.split_once('"').unwrap().0;
            text.replace("&#34;", "\"").replace("&quot;", "\"").replace("&#38;", "&").replace("&#39;", "'")
        };
        (attribute("action=\""), attribute("name=\"manifest\" value=\""))
    }

    /// Agrees on the forge; gives where it sends the browser.
    async fn agree(&self, action: &str, manifest: &str) -> String {
        let encoded: String =
            manifest.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
        let answer = self.post(action, format!("manifest={encoded}")).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "{:?}", answer.text().await);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    async fn get(&self, url: &str) -> (StatusCode, String) {
        let answer = self.http.get(url).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

async fn serve_setup(config: Config, files: AppFiles, told: tokio::sync::oneshot::Sender<()>) -> anyhow::Result<bool> {
    serve::set_up(&config, &files, CODE, |_| told.send(()).unwrap()).await
}

#[cfg(unix)]
fn only_the_owner_reads(file: &Path) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions()) & 0o777 == 0o600
}

#[tokio::test]
async fn an_app_is_made_from_the_servers_log_to_the_first_event() {
    let desk = Desk::new().await;
    let (status, page) = desk.get(&format!("{}/runs/1", desk.url)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.contains("/setup") && !page.contains(CODE));

    let (action, manifest) = desk.open("acme").await;
    assert!(action.starts_with(&format!("{}/organizations/acme/settings/apps/new?state=", desk.double.base_url())), "{action}");
    let asked: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(asked["default_permissions"]["contents"], "read");
    assert_eq!(asked["hook_attributes"]["url"], format!("{}/webhooks/github", desk.url));
    assert_eq!(asked["callback_urls"][0], format!("{}/login/callback", desk.url));
    let location = desk.agree(&action, &manifest).await;
    let (status, page) = desk.get(&location).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("/installations/new") && !page.contains("PRIVATE KEY") && !page.contains("hook-"), "{page}");
    assert!(desk.serving.await.unwrap().unwrap(), "the page ends once the App is made");

    for name in ["app.client", "app.id", "app.pem", "hook.secret"] {
        assert!(only_the_owner_reads(&desk.folder.path().join(name)), "{name}");
    }
    let config = Config::parse(&desk.text, desk.folder.path(), &|_| None).unwrap();
    let forge = serve::connect(&config.forge, Clock::default()).unwrap();
    let store = serve::open(&config).await.unwrap();
    let server = serve::start(&config, store, forge, Clock::default()).await.unwrap();
    assert_eq!(desk.double.ping().await.unwrap().status_code, 202, "the forge signs with the secret it gave");
    let (status, _) = desk.http.get(format!("{}/setup", desk.url)).send().await.map(|a| (a.status(), ())).unwrap();
    assert_eq!(status, StatusCode::NOT_FOUND, "the page is gone");
    let begun = desk.http.get(format!("{}/login", desk.url)).send().await.unwrap();
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    desk.double.browser_of(Some("mia"));
    let (status, back) = (begun.status(), begun.headers()["location"].to_str().unwrap().to_owned());
    let back = desk.http.get(&back).send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let logged_in = desk.http.get(&back).header("cookie", cookie).send().await.unwrap();
    assert_eq!((status, logged_in.status()), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER), "people log in with what the forge gave");
    assert!(
        logged_in.headers().get_all("set-cookie").iter().any(|set| set.to_str().unwrap().starts_with("ounce=")),
        "over http, under its other name"
    );
    server.stop().await;
}

#[tokio::test]
async fn only_who_has_the_code_makes_an_app() {
    let desk = Desk::new().await;
    for form in ["", "code=", "code=c0ffef", "code=c0ffee0", "kode=c0ffee", "%%%"] {
        let answer = desk.post(&format!("{}/setup", desk.url), form.into()).await;
        let status = answer.status();
        let page = answer.text().await.unwrap();
        assert!(status == StatusCode::FORBIDDEN && !page.contains("name=\"manifest\""), "{form:?}: {status}");
    }
    let answer = desk.post(&format!("{}/setup", desk.url), format!("code={CODE}&organisation=a/../b")).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer = desk.post(&format!("{}/setup", desk.url), format!("code={}", "x".repeat(10_000))).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    desk.serving.abort();
}

#[tokio::test]
async fn an_answer_of_the_forge_is_taken_once_and_only_where_a_visit_began_here() {
    let desk = Desk::new().await;
    let (action, manifest) = desk.open("").await;
    let location = desk.agree(&action, &manifest).await;
    let (code, _) = location.split_once("code=").unwrap().1.split_once('&').unwrap();
    let callback = format!("{}/setup/callback", desk.url);
    let (status, _) = desk.get(&format!("{callback}?code={code}&state=forged")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(desk.double.count("POST", "/conversions"), 0, "a stranger's code is not even asked for");

    desk.double.inject("/conversions", 1, github_double::FaultKind::Status { status: 502 });
    let (status, _) = desk.get(&location).await;
    assert_eq!((status, desk.files().len()), (StatusCode::BAD_GATEWAY, 0));
    let (status, _) = desk.get(&location).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "its visit is over");

    let (action, manifest) = desk.open("").await;
    std::fs::write(desk.folder.path().join("hook.secret"), "somebody's").unwrap();
    let (status, page) = desk.get(&desk.agree(&action, &manifest).await).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.contains("hook.secret"), "{page}");
    assert_eq!(desk.files(), ["hook.secret"], "nothing half-written is left, and nothing overwritten");
    assert_eq!(std::fs::read_to_string(desk.folder.path().join("hook.secret")).unwrap(), "somebody's");
    desk.serving.abort();
}
