//! A browser as far as these stories need one: it keeps cookies, follows where it is sent, and says where its forms come from.

use crate::world::World;
use reqwest::{StatusCode, header, redirect};
use std::collections::BTreeMap;

/// The address people use for the server of these stories.
pub const ORIGIN: &str = "https://ounce.example.org";

pub struct Browser {
    http: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
    /// The attributes of the cookies set last.
    pub attributes: Vec<String>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// What the page's forms carry.
    pub fn csrf(&self) -> &str {
        self.body.split_once("name=\"csrf\" value=\"").expect("a form").1.split_once('"').unwrap().0
    }
}

impl Browser {
    pub fn new() -> Browser {
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        Browser { http, cookies: BTreeMap::new(), attributes: Vec::new() }
    }

    /// Somebody who is logged in.
    pub async fn of(world: &World, login: &str) -> Browser {
        let mut browser = Browser::new();
        world.double.browser_of(Some(login));
        let answer = browser.log_in(world, "/").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.body);
        browser
    }

    /// To the forge and back. Gives what the server says to what comes back.
    pub async fn log_in(&mut self, world: &World, next: &str) -> Answer {
        let back = self.visit(world, next).await;
        self.get(world, &back).await
    }

    /// To the forge; gives where that sends the browser.
    pub async fn visit(&mut self, world: &World, next: &str) -> String {
        let answer = self.get(world, &format!("/login?next={next}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let asked = self.http.get(answer.location()).send().await.unwrap();
        assert_eq!(asked.status(), StatusCode::FOUND);
        let back = asked.headers()[header::LOCATION].to_str().unwrap();
        back.strip_prefix(ORIGIN).expect("back to the server").to_owned()
    }

    pub async fn get(&mut self, world: &World, path: &str) -> Answer {
        self.send(self.http.get(world.url(path))).await
    }

    /// A form of a page of ours.
    pub async fn post(&mut self, world: &World, path: &str, form: &str) -> Answer {
        self.post_from(world, path, form, &[("origin", ORIGIN), ("sec-fetch-site", "same-origin")]).await
    }

    /// A form from wherever these headers say.
    pub async fn post_from(&mut self, world: &World, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let request =
            self.http.post(world.url(path)).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned());
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies.join("; ")) };
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        self.attributes.clear();
        for set in headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.attributes.push(set.to_owned());
            match set.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Answer { status, headers, body: answer.text().await.unwrap() }
    }
}
