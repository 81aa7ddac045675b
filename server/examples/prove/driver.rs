//! A shop that is run as a process, and shoppers who use it over HTTP as a browser without scripts does.

use anyhow::{Context, Result, bail, ensure};
use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    io::{BufRead, BufReader, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// A running shop.
pub struct Server {
    child: Child,
}

/// How a shop is started.
#[derive(Clone)]
pub struct How {
    pub tuanju: PathBuf,
    pub data: PathBuf,
    pub database: Option<String>,
    pub env: Vec<(&'static str, String)>,
}

/// Signs callbacks on every node of a proof.
pub const SECRET: &str = "a secret that only proofs know";

impl Server {
    /// Starts the demo; answers it with the time until the first page came.
    ///
    /// # Errors
    /// When no page comes within half a minute.
    pub async fn start(how: &How, web: &Web) -> Result<(Self, Duration)> {
        let begun = Instant::now();
        let mut command = Command::new(&how.tuanju);
        command.args(["demo", "--addr", &web.address, "--limits-off", "--second-factor-off"]);
        command.args(["--webhook-secret", SECRET, "--data"]).arg(&how.data);
        if let Some(url) = &how.database {
            command.args(["--database", url]);
        }
        command.envs(how.env.iter().map(|(name, value)| (name, value)));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        while begun.elapsed() < Duration::from_secs(30) {
            if web.ask("/", "", None).await.is_ok_and(|a| a.status == 200) {
                return Ok((Self { child }, begun.elapsed()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the shop does not answer")
    }

    /// As a power switch would, but for this process only.
    ///
    /// # Errors
    /// When there is nothing to kill.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("killing the server")
    }
}

/// A PostgreSQL that ends with this value.
pub struct Postgres {
    script: std::process::Child,
    says: BufReader<std::process::ChildStdout>,
    pub url: String,
}

impl Postgres {
    /// # Errors
    /// When the script does not start one.
    pub fn start(script: &Path) -> Result<Self> {
        let mut script = std::process::Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut says = BufReader::new(script.stdout.take().context("the script's output")?);
        let mut url = String::new();
        says.read_line(&mut url)?;
        ensure!(url.starts_with("postgres://"), "PostgreSQL did not start");
        Ok(Self { script, says, url: url.trim().to_owned() })
    }

    /// # Errors
    /// When it does not come back.
    pub fn restart(&mut self) -> Result<()> {
        self.script.stdin.as_mut().context("the script's input")?.write_all(b"restart\n")?;
        let mut said = String::new();
        self.says.read_line(&mut said)?;
        ensure!(said.trim() == "restarted", "PostgreSQL did not come back");
        Ok(())
    }
}

/// What was answered.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub cookie: Option<String>,
    pub text: String,
}

/// The way to a shop.
#[derive(Clone)]
pub struct Web {
    http: Client<HttpConnector, Full<Bytes>>,
    pub address: String,
}

impl Web {
    pub fn new(address: String) -> Self {
        Self { http: Client::builder(TokioExecutor::new()).build_http(), address }
    }

    /// A way to a port that nobody listens on yet.
    ///
    /// # Errors
    /// When there is none.
    pub fn free() -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self::new(format!("127.0.0.1:{port}")))
    }

    /// Asks for a page, or sends a form.
    ///
    /// # Errors
    /// When the connection fails or nothing comes for ten seconds.
    pub async fn ask(&self, path: &str, cookie: &str, form: Option<String>) -> Result<Answer> {
        let request = http::Request::builder()
            .uri(format!("http://{}{path}", self.address))
            .method(if form.is_some() { "POST" } else { "GET" })
            .header("accept", "text/html")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .body(Full::from(form.unwrap_or_default()))?;
        self.send(request).await
    }

    /// Tells the shop what a provider tells it.
    ///
    /// # Errors
    /// When the connection fails or nothing comes for ten seconds.
    pub async fn call_back(&self, body: &str, signature: &str) -> Result<Answer> {
        let request = http::Request::post(format!("http://{}/webhooks/sandbox", self.address))
            .header("content-type", "application/json")
            .header("tuanju-signature", signature)
            .body(Full::from(body.to_owned()))?;
        self.send(request).await
    }

    async fn send(&self, request: http::Request<Full<Bytes>>) -> Result<Answer> {
        let whole = async {
            let (head, body) = self.http.request(request).await?.into_parts();
            let bytes = body.collect().await?.to_bytes();
            let header = |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let session = |c: &str| c.split(';').next().filter(|c| c.contains("sid=")).map(str::to_owned);
            Ok(Answer {
                status: head.status.as_u16(),
                location: header("location").unwrap_or_default(),
                cookie: head.headers.get_all("set-cookie").iter().find_map(|v| v.to_str().ok().and_then(session)),
                text: String::from_utf8_lossy(&bytes).into_owned(),
            })
        };
        tokio::time::timeout(Duration::from_secs(10), whole).await.context("no answer")?
    }

    /// The names of things that can be bought.
    ///
    /// # Errors
    /// When the shelf does not come, or is empty.
    pub async fn slugs(&self) -> Result<Vec<String>> {
        let shelf = self.ask("/shop?sort=new&stock=1", "", None).await?.text;
        let mut slugs: Vec<String> =
            shelf.split("href=\"/p/").skip(1).filter_map(|s| s.split(['"', '?']).next()).map(str::to_owned).collect();
        slugs.sort();
        slugs.dedup();
        ensure!(!slugs.is_empty(), "nothing is on the shelf");
        Ok(slugs)
    }
}

/// The value of a hidden field.
pub fn field<'h>(html: &'h str, name: &str) -> Option<&'h str> {
    let from = html.split_once(&format!("name=\"{name}\" value=\""))?.1;
    from.split_once('"').map(|(value, _)| value)
}

/// Somebody with an account and an address.
#[derive(Clone)]
pub struct Shopper {
    pub web: Web,
    pub cookie: String,
}

impl Shopper {
    /// # Errors
    /// When the shop does not take the name or the address.
    pub async fn register(web: &Web, name: &str) -> Result<Self> {
        let form = format!("name={name}&password=a+long+password");
        let cookie = web.ask("/api/account/register", "", Some(form)).await?.cookie.context("no session")?;
        let address =
            "format=CN&recipient=A&phone=13800138000&province=%E4%BA%91%E5%8D%97&city=K&district=W&line=Road+12";
        web.ask("/api/address/save", &cookie, Some(address.to_owned())).await?;
        Ok(Self { web: web.clone(), cookie })
    }

    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.web.ask(path, &self.cookie, None).await
    }

    pub async fn post(&self, function: &str, form: String) -> Result<Answer> {
        self.web.ask(&format!("/api/{function}"), &self.cookie, Some(form)).await
    }

    /// Signs in with the password of the demo's people.
    ///
    /// # Errors
    /// When the shop says no.
    pub async fn sign_in(web: &Web, name: &str) -> Result<Self> {
        let form = format!("name={name}&password=tuanju-demo");
        let cookie = web.ask("/api/account/login", "", Some(form)).await?.cookie.context("no session")?;
        Ok(Self { web: web.clone(), cookie })
    }

    /// The form that places an order of one unit, without its key.
    ///
    /// # Errors
    /// When the checkout does not come.
    pub async fn form(&self, sku: Uuid) -> Result<String> {
        let checkout = self.get(&format!("/checkout?buy={}:1", sku.simple())).await?.text;
        let (_, form) = checkout.split_once("/api/order/place").context("no form to order with")?;
        let value = |name: &str| format!("{name}={}", field(form, name).unwrap_or_default().replace(':', "%3A"));
        Ok(["buy", "address", "method", "total"].map(value).join("&"))
    }

    /// Sends such a form; answers the reference of the payment, or `None` when the shop said no.
    ///
    /// # Errors
    /// When no answer comes, or one that says that the shop is at fault.
    pub async fn order(&self, form: &str, key: &str) -> Result<Option<String>> {
        let placed = self.post("order/place", format!("{form}&key={key}")).await?;
        ensure!(placed.status < 500, "placing was answered {}", placed.status);
        Ok(placed.location.strip_prefix("/sandbox/pay/").map(str::to_owned))
    }

    /// The code of the order that a payment is for.
    ///
    /// # Errors
    /// When the cashier does not show it.
    pub async fn code_of(&self, reference: &str) -> Result<String> {
        let cashier = self.get(&format!("/sandbox/pay/{reference}")).await?.text;
        let code = cashier.split_once("href=\"/orders/").and_then(|(_, rest)| rest.split('"').next());
        Ok(code.context("the cashier names no order")?.to_owned())
    }

    /// Buys one unit up to the cashier; answers the reference of the payment, or `None` when the shop said no.
    ///
    /// # Errors
    /// When an answer does not come.
    pub async fn place(&self, slug: &str) -> Result<Option<String>> {
        let sheet = self.get(&format!("/p/{slug}?buy=single")).await?.text;
        let choices: String = (0..4)
            .filter(|n| sheet.contains(&format!("name=\"choice[{n}]\"")))
            .map(|n| format!("&choice%5B{n}%5D=0"))
            .collect();
        let added = self.post("cart/add", format!("slug={slug}&quantity=1&then=checkout{choices}")).await?;
        if !added.location.starts_with("/checkout") {
            return Ok(None);
        }
        let checkout = self.get(&added.location).await?.text;
        let Some((_, form)) = checkout.split_once("/api/order/place") else { return Ok(None) };
        let value = |name: &str| format!("{name}={}", field(form, name).unwrap_or_default().replace(':', "%3A"));
        let body = ["buy", "address", "method", "key", "total"].map(value).join("&");
        let placed = self.post("order/place", body).await?;
        Ok(placed.location.strip_prefix("/sandbox/pay/").map(str::to_owned))
    }
}
