//! The edge through the real router: who may call what, from where, how much, and what leaves the house.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, Response, StatusCode, header},
};
use domain::{
    Lang,
    access::{self, Who},
};
use server::{
    House, HouseSettings, demo,
    mail::Mailer,
    outside::{self, Outside},
    router::router,
};
use shop::{Clock, Db, Rng, Settings, Shop};
use std::sync::Arc;
use tower::ServiceExt;

struct Open {
    house: House,
    router: Router,
    _dir: tempfile::TempDir,
}

async fn open(limits_off: bool) -> Open {
    open_beside(limits_off, None).await
}

/// With a media server that takes live pictures in our place.
async fn open_beside(limits_off: bool, outside: Option<Arc<Outside>>) -> Open {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&format!("sqlite:{}", dir.path().join("shop.db").display())).await.unwrap();
    db.migrate().await.unwrap();
    let settings = Settings { webhook_secret: b"a secret for tests".to_vec(), mail: true, ..Settings::default() };
    let shop = Shop {
        db,
        clock: Clock::system(0),
        rng: Rng::from_seed(1),
        settings: Arc::new(settings),
        kept: Arc::default(),
        by: None,
    };
    demo::fill(&shop, dir.path()).await.unwrap();
    let settings = HouseSettings {
        data: dir.path().to_owned(),
        base_url: "http://127.0.0.1:3000".into(),
        secure: true,
        demo: true,
        second_factor_off: false,
        limits_off,
        trusted_proxy: Vec::new(),
        own_addr: ([127, 0, 0, 1], 3000).into(),
        sandbox: "http://127.0.0.1:3000".into(),
        unkept: std::sync::OnceLock::new(),
        outside,
        mail: Some(
            Mailer::new(&format!("file:{}", dir.path().join("mail").display()), "Tuanju <shop@example.org>").unwrap(),
        ),
    };
    let house = House::new(shop, settings);
    Open { router: router(house.clone()), house, _dir: dir }
}

impl Open {
    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response<Body> {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// The session of one of the demo's people.
    async fn cookie_of(&self, name: &str) -> String {
        let login = self.call("account/login", &format!("name={name}&password=tuanju-demo&next=/"), None).await;
        let cookies = login.headers().get_all(header::SET_COOKIE).iter().filter_map(|c| c.to_str().ok());
        cookies.filter(|c| c.contains("sid=")).find_map(|c| c.split(';').next()).unwrap().to_owned()
    }

    /// A call as wasm makes it.
    async fn call(&self, path: &str, body: &str, cookie: Option<&str>) -> Response<Body> {
        let mut request = Request::post(format!("/api/{path}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec()).unwrap()
}

/// A team of the demo that is forming, and its leader, who is called `name` from now on.
async fn team_of(open: &Open, name: &str) -> (String, domain::id::PersonId) {
    shop::row! {
        struct Row {
            code: String,
            leader_id: uuid::Uuid,
        }
    }
    let sql =
        "SELECT code, leader_id FROM team WHERE state = 'forming' AND paid = 1 AND size = 2 ORDER BY code LIMIT 1";
    let row: Row = open.house.shop.db.fetch_one(sql, shop::args![]).await.unwrap();
    let leader = domain::id::PersonId(row.leader_id);
    if !name.is_empty() {
        shop::account::rename(&open.house.shop, leader, name).await.unwrap();
    }
    (row.code, leader)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_function_has_a_row_in_the_one_table_and_refuses_strangers() {
    let open = open(true).await;
    let mut seen = 0;
    for (path, method) in server_fn::axum::server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}");
        let name = path.trim_start_matches("/api/");
        let row = access::function_of(name);
        let who = row.unwrap_or_else(|| unreachable!("{name} has no row in domain::access::TABLE")).who;
        seen += 1;
        if who != Who::Anyone {
            let answer = open.call(name, "", None).await;
            assert!([400, 401].contains(&answer.status().as_u16()), "{name}: {}", answer.status());
        }
    }
    assert_eq!(seen, access::TABLE.len(), "a row of the table has no function");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_pages_may_send_and_only_forms_and_json() {
    let open = open(true).await;
    let send = async |headers: &[(&str, &str)], kind: &str| {
        let mut request = Request::post("/api/cart/show").header(header::CONTENT_TYPE, kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        open.send(request.body(Body::empty()).unwrap()).await.status().as_u16()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send(&[("sec-fetch-site", "same-origin")], form).await, 200);
    assert_eq!(send(&[("sec-fetch-site", "cross-site")], form).await, 403);
    assert_eq!(send(&[("origin", "https://evil.test")], form).await, 403);
    assert_eq!(send(&[("cookie", "__Host-sid=abc")], form).await, 403);
    assert_eq!(send(&[("sec-fetch-site", "same-origin")], "text/plain").await, 415);
    assert_eq!(send(&[("sec-fetch-site", "same-origin")], "multipart/form-data").await, 415);
    let large =
        Request::post("/api/cart/show").header(header::CONTENT_TYPE, form).header("sec-fetch-site", "same-origin");
    let large = open.send(large.body(Body::from(vec![b'a'; 70_000])).unwrap()).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_a_client_error_and_tells_nothing_of_the_inside() {
    let open = open(true).await;
    for (path, body) in [
        ("cart/add", "slug=%00&quantity=999999999999999999999"),
        ("cart/add", "quantity=-1&slug=x"),
        ("cart/change", "sku=not-a-uuid&quantity=1"),
        ("cart/add", "choice[0]=99999999999&slug=x&quantity=1"),
        ("account/register", "name=%F0%9F%98%80&password=x"),
        ("account/login", "name=&password="),
        ("catalog/product", "slug=%27%3B%20DROP%20TABLE%20orders%3B"),
        ("look/choose", "lang=klingon"),
        ("nothing/here", ""),
    ] {
        let answer = open.call(path, body, None).await;
        let status = answer.status().as_u16();
        let said = text(answer).await;
        assert!((400..500).contains(&status), "{path} {body}: {status} {said}");
        for inside in ["sqlx", "SELECT", "panicked", "sqlite", "/src/"] {
            assert!(!said.contains(inside), "{path}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_carry_a_fresh_nonce_and_the_policy_also_when_they_are_kept() {
    let open = open(true).await;
    let mut nonces = Vec::new();
    for _ in 0..3 {
        let page = open.get("/").await;
        assert_eq!(page.status(), StatusCode::OK);
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        let html = text(page).await;
        assert!(html.contains(&format!("nonce=\"{nonce}\"")));
        nonces.push(nonce);
    }
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_writes_never_becomes_markup() {
    const EVIL: &str = "</title></textarea><script>alert(1)</script>";
    let open = open(true).await;
    let shop = &open.house.shop;
    let me = shop::account::find(shop, "mei").await.unwrap().unwrap();
    shop::account::rename(shop, me.id, "</title><script>x").await.unwrap();
    let (team, _) = team_of(&open, "</title><script>alert(1)").await;
    let product = shop::catalog::product(shop, Lang::En, "breathable-road-running-shoes").await.unwrap().unwrap();
    shop.db
        .write((), |tx, ()| {
            Box::pin(async move {
                tx.execute("UPDATE product_text SET title = $1, subtitle = $1", shop::args![EVIL]).await?;
                tx.execute("UPDATE merchant_text SET name = $1, intro = $1", shop::args![EVIL]).await?;
                tx.execute("UPDATE category_text SET name = $1", shop::args![EVIL]).await?;
                Ok::<_, shop::Error>(())
            })
        })
        .await
        .unwrap();
    let token = shop::session::log_in(shop, &me, None, EVIL, false).await.unwrap();
    let cookie = format!("__Host-sid={}", token.as_str());
    let draft = shop.rng.code();
    let post = shop.rng.code();
    for code in [&draft, &post] {
        let (title, body) = ("</title><script>alert(1)</script>", "</textarea><script>alert(1)</script> #evil @mei");
        let said = domain::post::Draft::new(title, body, title, domain::post::Visibility::Public, true).unwrap();
        let products = vec![product.slug.clone()];
        let change = shop::post::Change {
            draft: said,
            products,
            pictures: Vec::new(),
            moved: None,
            insist: false,
            asks: shop::post::Asks::AsBefore,
        };
        shop::post::save(shop, me.id, code, change).await.unwrap();
    }
    shop::post::publish(shop, me.id, &post, false).await.unwrap();
    let comment = shop::post::comment(shop, me.id, &post, None, "</p><script>alert(1)</script>").await.unwrap().code;
    for path in [
        &format!("/posts/{post}"),
        &format!("/posts/{post}?thread={comment}"),
        &format!("/posts/{post}/history"),
        &format!("/new?post={draft}&q=%3C%2Ftitle%3E%3Cscript%3E"),
        "/new?fresh=1&topic=%3C%2Ftextarea%3E%3Cscript%3Ealert(1)",
        "/t/evil",
        "/u/mei",
        "/inbox",
        "/",
        "/shop",
        "/c/tea",
        "/search?q=%3C%2Ftitle%3E%3Cscript%3E",
        "/me",
        "/settings",
        "/orders",
        &format!("/p/{}", product.slug),
        &format!("/g/{team}"),
        &format!("/share/team/{team}"),
        "/me/shares",
    ] {
        let request = Request::get(path).header(header::COOKIE, &cookie).body(Body::empty()).unwrap();
        let page = open.send(request).await;
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let html = text(page).await;
        assert!(!html.contains("<script>alert(1)"), "{path}");
        assert!(!html.contains("</title><script>"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sixth_login_in_a_minute_waits_and_says_how_long() {
    let open = open(false).await;
    let mut last = None;
    for _ in 0..6 {
        last = Some(open.call("account/login", "name=mei&password=wrong-password", None).await);
    }
    let last = last.unwrap();
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_form_that_is_refused_goes_back_with_what_was_typed_and_without_the_secret() {
    let open = open(true).await;
    let request = Request::post("/api/account/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "text/html")
        .header(header::REFERER, "http://127.0.0.1:3000/login?next=/cart")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from("name=mei&password=not-the-password"))
        .unwrap();
    let answer = open.send(request).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/login?next=/cart");
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    let pair = cookie.split(';').next().unwrap().to_owned();
    let page = open.send(Request::get("/login").header(header::COOKIE, pair).body(Body::empty()).unwrap()).await;
    let html = text(page).await;
    assert!(html.contains("data-code=\"login_wrong\"") && html.contains("value=\"mei\""));
    assert!(!html.contains("not-the-password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_changes_nothing() {
    let open = open(true).await;
    for path in
        ["/", "/cart", "/p/breathable-road-running-shoes", "/checkout", "/sandbox/pay/abc", "/api/account/logout"]
    {
        let answer = open.get(path).await;
        let cookies: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().collect();
        assert!(cookies.is_empty(), "{path} sets {cookies:?}");
    }
    let forged =
        Request::post("/webhooks/sandbox").header("tuanju-signature", "t=1,v1=00").body(Body::from("{}")).unwrap();
    assert_eq!(open.send(forged).await.status(), StatusCode::FORBIDDEN);
}

/// The server functions of a file: path below `/api/` and names of the arguments, in their order.
fn functions_in(file: &std::path::Path, found: &mut Vec<(String, Vec<String>)>) {
    let source = syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap();
    for item in source.items {
        let syn::Item::Fn(function) = item else { continue };
        let Some(server) = function.attrs.iter().find(|a| a.path().is_ident("server")) else { continue };
        let said = server.meta.require_list().unwrap().tokens.to_string();
        let path = said.split("endpoint = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let names = function.sig.inputs.iter().filter_map(|i| match i {
            syn::FnArg::Typed(t) => match &*t.pat {
                syn::Pat::Ident(p) => Some(p.ident.to_string()),
                _ => None,
            },
            syn::FnArg::Receiver(_) => None,
        });
        found.push((path, names.collect()));
    }
}

fn walk(dir: &std::path::Path, found: &mut Vec<(String, Vec<String>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            functions_in(&path, found);
        }
    }
}

#[test]
fn the_table_names_the_arguments_of_every_function() {
    let mut found = Vec::new();
    walk(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../app/src")), &mut found);
    assert_eq!(found.len(), access::TABLE.len());
    for (path, names) in found {
        let row = access::function_of(&path).map(|f| f.fields.to_vec());
        assert_eq!(row, Some(names.iter().map(String::as_str).collect()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_a_function_does_not_know_is_refused() {
    let open = open(true).await;
    let answer = open.call("cart/add", "slug=breathable-road-running-shoes&quantity=1&price=1", None).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer = open.call("feed/page", "after=", None).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_form_over_its_limit_goes_back_with_what_was_typed() {
    let open = open(false).await;
    let mut last = None;
    for _ in 0..25 {
        let request = Request::post("/api/account/register")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html")
            .header(header::REFERER, "http://127.0.0.1:3000/register")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from("name=no&password=short"))
            .unwrap();
        last = Some(open.send(request).await);
    }
    let last = last.unwrap();
    assert_eq!(last.status(), StatusCode::SEE_OTHER);
    assert_eq!(last.headers()[header::LOCATION], "/register");
    let cookie = last.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page =
        text(open.send(Request::get("/register").header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await)
            .await;
    assert!(page.contains("data-code=\"too_many\"") && page.contains("value=\"no\""));
}

/// A form with one file, as browsers send it.
fn with_file(path: &str, bytes: &[u8], cookie: Option<&str>) -> Request<Body> {
    let mut body = b"--xxx\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--xxx--\r\n");
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=xxx")
        .header("sec-fetch-site", "same-origin");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request.body(Body::from(body)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_a_picture_of_its_size_from_its_owner_or_it_is_refused() {
    shop::row! {
        struct Text {
            text: String,
        }
    }
    shop::row! {
        struct Id {
            id: uuid::Uuid,
        }
    }
    let open = open(true).await;
    let (mei, lei) = (open.cookie_of("mei").await, open.cookie_of("lei").await);
    let db = &open.house.shop.db;
    let order = "SELECT o.code AS text FROM orders o JOIN person p ON p.id = o.person_id
                 WHERE o.state = 'paid' AND p.handle = 'mei' LIMIT 1";
    let order: Text = db.fetch_one(order, Vec::new()).await.unwrap();
    let wish = format!(
        "code={}&kind=cancel&reason=changed_mind&position[0]=0&quantity[0]=1&key=uploaduploadupload",
        order.text
    );
    open.call("after_sale/open", &wish, Some(&mei)).await;
    let case: Text = db.fetch_one("SELECT code AS text FROM after_sale", Vec::new()).await.unwrap();
    let path = &format!("/upload/case/{}", case.text);
    let status = async |request: Request<Body>| open.send(request).await.status().as_u16();
    let png = server::art::icon_png(64).unwrap();
    assert_eq!(status(with_file(path, &png, None)).await, 303, "to the login");
    assert_eq!(status(with_file(path, &png, Some(&lei))).await, 404, "of somebody else");
    assert_eq!(status(with_file("/upload/case/111111111111", &png, Some(&mei))).await, 404, "nobody's");
    assert_eq!(status(with_file("/upload/desk/111111111111", &png, Some(&mei))).await, 403);
    assert_eq!(status(with_file("/upload/nowhere/111111111111", &png, Some(&mei))).await, 404);
    assert_eq!(status(with_file("/upload/case/not-a-code", &png, Some(&mei))).await, 404);
    assert_eq!(status(with_file(path, b"no picture", Some(&mei))).await, 422);
    assert_eq!(status(with_file(path, b"", Some(&mei))).await, 422);
    assert_eq!(status(with_file(path, &vec![0; 9 << 20], Some(&mei))).await, 413);
    assert_eq!(status(with_file(path, &vec![0; 30 << 20], Some(&mei))).await, 413);
    let mut broken = with_file(path, &png, Some(&mei));
    broken.headers_mut().insert(header::CONTENT_TYPE, "multipart/form-data".parse().unwrap());
    assert_eq!(status(broken).await, 400, "no boundary");
    let mut foreign = with_file(path, &png, Some(&mei));
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(status(foreign).await, 403);
    let mut form = with_file(path, &png, Some(&mei));
    form.headers_mut().insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
    assert_eq!(status(form).await, 415);
    let files = open.house.settings.data.join("files");
    assert_eq!(std::fs::read_dir(&files).map_or(0, Iterator::count), 0, "nothing of what was refused is kept");
    assert_eq!(status(with_file(path, &png, Some(&mei))).await, 303);
    let picture: Id = db.fetch_one("SELECT picture_id AS id FROM after_sale_picture", Vec::new()).await.unwrap();
    let media = format!("/media/{}/360.webp", picture.id.simple());
    for (cookie, right) in [(None, 404), (Some(&lei), 404), (Some(&mei), 200), (Some(&lei), 404), (None, 404)] {
        let mut request = Request::get(&media);
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let answer = open.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status().as_u16(), right);
        assert!(right != 200 || answer.headers()[header::CACHE_CONTROL].to_str().unwrap().starts_with("private"));
    }
}

/// The form of a post, as a browser sends it. `cut`: so many bytes from its end never arrive.
fn post_form(code: &str, fields: &[(&str, &str)], files: &[&[u8]], cookie: &str, cut: usize) -> Request<Body> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(
            format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
        );
    }
    for file in files {
        let head = "--edge\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n";
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge\r\ncontent-disposition: form-data; name=\"whole\"\r\n\r\n1\r\n--edge--\r\n");
    body.truncate(body.len() - cut);
    Request::post(format!("/upload/post/{code}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::ACCEPT, "text/html")
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, cookie)
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_post_keeps_what_was_good_of_it() {
    let open = open(true).await;
    let (mei, lei) = (open.cookie_of("mei").await, open.cookie_of("lei").await);
    let shop = &open.house.shop;
    let me = shop::account::find(shop, "mei").await.unwrap().unwrap().id;
    let png = server::art::icon_png(64).unwrap();
    let code = shop.rng.code();
    let code = code.as_str();
    let sent = async |request: Request<Body>| {
        let answer = open.send(request).await;
        let to = answer.headers().get(header::LOCATION).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        (answer.status().as_u16(), to)
    };
    let desk = async || {
        let code = code.parse().unwrap();
        shop::post::composer(shop, me, Lang::En, Some(&code), false, "").await.unwrap()
    };
    // The button may stand anywhere in the form; its last field stands at its end.
    let words = [("action", "publish"), ("title", "Kept"), ("body", "all of it"), ("visibility", "public")];
    let page = format!("/new?post={code}");
    // Lies among the pictures: the others and the text are kept, nothing is published.
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let lies: [&[u8]; 5] = [&png, b"<svg xmlns='http://www.w3.org/2000/svg'/>", &bomb, b"GIF89a<script>", &png];
    assert_eq!(sent(post_form(code, &words, &lies, &mei, 0)).await, (303, page.clone()));
    let kept = desk().await;
    assert_eq!(
        (kept.title.as_str(), kept.body.as_str(), kept.pictures.len(), kept.published),
        ("Kept", "all of it", 2, false)
    );
    // Cut off in the middle of its second picture: what had arrived is there.
    let cut = [("action", "publish"), ("title", "Kept"), ("body", "and more"), ("place", "here")];
    assert_eq!(sent(post_form(code, &cut, &[&png, &png], &mei, png.len())).await.0, 303);
    let kept = desk().await;
    assert_eq!((kept.body.as_str(), kept.pictures.len(), kept.published), ("and more", 3, false));
    // Cut off before its text: a button that came first wipes nothing.
    let early = [("action", "left:0"), ("title", "")];
    assert_eq!(sent(post_form(code, &early, &[], &mei, 90)).await.0, 303);
    assert_eq!((desk().await.body, desk().await.place), ("and more".to_owned(), "here".to_owned()));
    // Too many, too large, somebody else's, without an account, from elsewhere.
    assert_eq!(sent(post_form(code, &words, &[&png[..]; 8], &mei, 0)).await, (303, page.clone()));
    assert_eq!(desk().await.pictures.len(), 9, "as many as there is room for");
    let large = vec![0; 9 << 20];
    assert_eq!(sent(post_form(code, &words, &[&large], &mei, 0)).await, (303, page.clone()));
    assert_eq!(sent(post_form(code, &words, &[&png], &lei, 0)).await.0, 404);
    assert_eq!(sent(post_form(code, &words, &[], "", 0)).await, (303, format!("/login?next=/new%3Fpost%3D{code}")));
    let mut foreign = post_form(code, &words, &[], &mei, 0);
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(sent(foreign).await.0, 403);
    assert!(!desk().await.published);
    assert_eq!(sent(post_form(code, &words, &[], &mei, 0)).await, (303, format!("/posts/{code}")));
    assert_eq!(sent(post_form("not-a-code", &words, &[], &mei, 0)).await.0, 404);
    let count = |folder: &str| std::fs::read_dir(open.house.settings.data.join(folder)).map_or(0, Iterator::count);
    assert_eq!((count("files"), count("incoming")), (9, 0), "nothing of what was refused is kept");
    // When it is deleted, its pictures go from the disk.
    shop::post::delete(shop, me, &code.parse().unwrap()).await.unwrap();
    for job in shop::job::lease(shop, 50).await.unwrap().iter().filter(|j| j.kind == "forget_picture") {
        server::files::forget_all(&open.house.settings.data, &job.payload).unwrap();
    }
    assert_eq!(count("files"), 0);
}

/// A provider that closes a connection just as it is used a second time.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_made_known_though_its_connection_was_closed_meanwhile() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let open = open(true).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = [0; 4096];
                let _ = stream.read(&mut heard).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                // The second request on it is never answered.
                let _ = stream.read(&mut heard).await;
            });
        }
    });
    let create = server::provider::create(at.into());
    for nth in 0..6 {
        let ask = domain::payment::PaymentAsk {
            provider_ref: format!("{nth:024}"),
            amount: 100,
            currency: domain::Currency::Cny,
            expires_at: i64::MAX,
        };
        let made = create(&open.house.shop, ask).await;
        assert!(made.is_ok(), "no {nth}: {:?}", made.unwrap_err().code());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_withdraws_gets_a_letter_that_says_when() {
    shop::row! {
        struct Order {
            code: String,
            address: String,
        }
    }
    let open = open(true).await;
    let shop = &open.house.shop;
    let order: Order =
        shop.db.fetch_one("SELECT code, address FROM orders WHERE state = 'paid' LIMIT 1", Vec::new()).await.unwrap();
    let address: domain::address::Address = serde_json::from_str(&order.address).unwrap();
    let body = format!("order={}&phone={}&email=guest%40example.org", order.code, address.phone_end());
    let answer = open.call("after_sale/withdraw", &body, None).await;
    assert!(answer.status().is_success() || answer.status() == StatusCode::SEE_OTHER, "{}", answer.status());
    let mut letters = 0;
    for job in shop::job::lease(shop, 500).await.unwrap().iter().filter(|j| j.kind == "mail") {
        server::mail::send(&open.house, job.payload.parse().unwrap()).await.unwrap();
        // Again changes nothing: it was sent.
        server::mail::send(&open.house, job.payload.parse().unwrap()).await.unwrap();
        letters += 1;
    }
    let folder = std::fs::read_dir(open.house.settings.data.join("mail")).unwrap();
    let sent: Vec<String> = folder.map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap()).collect();
    assert_eq!((letters, sent.len()), (1, 1));
    for part in ["To: guest@example.org", "From: Tuanju <shop@example.org>", "Subject: "] {
        assert!(sent[0].contains(part), "{}", sent[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_provider_answers_only_what_is_signed() {
    let open = open(true).await;
    let ask = async |signature: String, key: &str| {
        let body = format!(r#"{{"provider_ref":"nobody","key":"{key}","amount":1}}"#);
        let signature = if signature.is_empty() {
            let said = server::provider::said(&http::Method::POST, "/sandbox/v1/refunds", body.as_bytes());
            shop::payment::sandbox::sign(&open.house.shop, &said)
        } else {
            signature
        };
        let request = Request::post("/sandbox/v1/refunds")
            .header(header::CONTENT_TYPE, "application/json")
            .header("tuanju-signature", signature);
        open.send(request.body(Body::from(body)).unwrap()).await.status().as_u16()
    };
    assert_eq!(ask("t=1,v1=00".into(), "a").await, 403);
    assert_eq!(ask(shop::payment::sandbox::sign(&open.house.shop, b"another body"), "b").await, 403);
    assert_eq!(ask(String::new(), "c").await, 409, "a payment that is not there");
    let elsewhere = server::provider::said(
        &http::Method::POST,
        "/sandbox/v1/releases",
        br#"{"provider_ref":"nobody","key":"d","amount":1}"#,
    );
    assert_eq!(
        ask(shop::payment::sandbox::sign(&open.house.shop, &elsewhere), "d").await,
        403,
        "signed for another path"
    );
    assert_eq!(open.get("/sandbox/v1/payments/nobody").await.status(), StatusCode::FORBIDDEN);
    // A payment is made known once, by whoever signs, and stays what it was.
    let create = async |amount: i64, forged: bool| {
        let body =
            format!(r#"{{"provider_ref":"somebody","amount":{amount},"currency":"CNY","expires_at":9000000000000}}"#);
        let signed = if forged { b"another body".as_slice() } else { body.as_bytes() };
        let signed = &server::provider::said(&http::Method::POST, "/sandbox/v1/payments", signed);
        let request = Request::post("/sandbox/v1/payments")
            .header(header::CONTENT_TYPE, "application/json")
            .header("tuanju-signature", shop::payment::sandbox::sign(&open.house.shop, signed));
        open.send(request.body(Body::from(body)).unwrap()).await.status().as_u16()
    };
    assert_eq!(
        [create(5, true).await, create(5, false).await, create(5, false).await, create(6, false).await],
        [403, 200, 200, 409]
    );
    let signature = shop::payment::sandbox::sign(
        &open.house.shop,
        &server::provider::said(&http::Method::GET, "/sandbox/v1/payments/nobody", b""),
    );
    let request = Request::get("/sandbox/v1/payments/nobody").header("tuanju-signature", signature);
    let answer = open.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status(), text(answer).await.as_str()), (StatusCode::OK, "null"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_for_a_price_that_fell_is_one_that_its_function_takes() {
    shop::row! {
        struct Order {
            code: String,
            sku_id: uuid::Uuid,
        }
    }
    let open = open(true).await;
    let cookie = open.cookie_of("mei").await;
    let db = &open.house.shop.db;
    let order: Order = db
        .fetch_one(
            "SELECT o.code, l.sku_id FROM orders o JOIN order_line l ON l.order_id = o.id JOIN person p ON p.id = o.person_id
             WHERE o.state = 'paid' AND p.handle = 'mei' ORDER BY o.created_at DESC LIMIT 1",
            Vec::new(),
        )
        .await
        .unwrap();
    db.write(order.sku_id, |tx, sku| {
        Box::pin(async move { tx.execute("UPDATE sku SET price = price - 5 WHERE id = $1", shop::args![*sku]).await })
    })
    .await
    .unwrap();
    let page = Request::get(format!("/orders/{}/return", order.code)).header(header::COOKIE, &cookie);
    let page = text(open.send(page.body(Body::empty()).unwrap()).await).await;
    let form = page.split("<form").find(|f| f.contains("value=\"price_drop\"")).unwrap();
    let fields: Vec<String> = form
        .split("<input")
        .filter_map(|input| {
            let of = |name: &str| input.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split('"').next());
            Some(format!("{}={}", of("name")?, of("value")?))
        })
        .collect();
    let answer = open.call("after_sale/open", &fields.join("&"), Some(&cookie)).await;
    assert!(answer.status().is_success() || answer.status().is_redirection(), "{}: {fields:?}", text(answer).await);
}

/// The names under which chat apps fetch previews (look.md 3.2).
const FETCHERS: [(&str, &str); 9] = [
    ("WhatsApp", "WhatsApp/2.23.20.0"),
    ("Facebook", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    ("Telegram", "TelegramBot (like TwitterBot)"),
    ("Slack", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
    ("LINE", "facebookexternalhit/1.1;line-poker/1.0"),
    (
        "iMessage",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    ),
    ("X", "Twitterbot/1.0"),
    ("Discord", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"),
    ("LinkedIn", "LinkedInBot/1.0"),
];

fn tag<'h>(html: &'h str, property: &str) -> Option<&'h str> {
    let from = html.split_once(&format!("property=\"{property}\" content=\""))?.1;
    from.split_once('"').map(|(content, _)| content)
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_apps_read_a_preview_of_every_shared_thing_and_leave_nothing_behind() {
    let open = open(true).await;
    let shop = &open.house.shop;
    let (team, leader) = team_of(&open, "小林").await;
    let none = domain::share::Touches::default();
    let slug = "plateau-blueberries";
    let (product, of_team) = (domain::share::Kind::Product, domain::share::Kind::Team);
    shop::share::open(shop, leader, product, slug, &none, None).await.unwrap();
    shop::share::open(shop, leader, of_team, &team, &none, None).await.unwrap();
    let code = async |kind, object: &str| {
        let sheet = shop::share::sheet(shop, leader, Lang::En, kind, object).await.unwrap();
        sheet.links[1].share.to_string()
    };
    let things =
        [(code(product, slug).await, format!("/p/{slug}")), (code(of_team, &team).await, format!("/g/{team}"))];
    let visits = async || shop::share::mine(shop, leader, Lang::En).await.unwrap().visits;
    let (mut drawn, mut times) = (std::collections::HashSet::new(), Vec::new());
    for (app, agent) in FETCHERS {
        for (share, path) in &things {
            for lang in Lang::ALL {
                let get = |path: String| {
                    Request::get(path)
                        .header("user-agent", agent)
                        .header("range", "bytes=0-32767")
                        .body(Body::empty())
                        .unwrap()
                };
                let answer = open.send(get(format!("/s/{share}?lang={}", lang.tag()))).await;
                assert_eq!(answer.status(), StatusCode::FOUND, "{app}");
                assert!(answer.headers().get(header::SET_COOKIE).is_none(), "{app} gets a cookie");
                let to = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
                assert_eq!(to, format!("{path}?lang={}", lang.tag()), "one step, to the thing itself");
                let page = open.send(get(to)).await;
                assert_eq!(page.status(), StatusCode::OK, "{app} {path}");
                let html = text(page).await;
                let early = &html[..html.floor_char_boundary(16 * 1024)];
                assert!(html.contains(&format!("<html lang=\"{}\"", lang.tag())), "{app} {path} {lang:?}");
                let image = tag(early, "og:image").unwrap();
                let at = image.strip_prefix("http://127.0.0.1:3000").unwrap();
                assert!(at.starts_with("/card/"), "{image}");
                assert_eq!((tag(early, "og:image:width"), tag(early, "og:image:height")), (Some("1200"), Some("630")));
                if !drawn.contains(at) {
                    let begun = std::time::Instant::now();
                    let card = open.send(get(at.to_owned())).await;
                    assert_eq!(card.status(), StatusCode::OK);
                    assert_eq!(card.headers()[header::CONTENT_TYPE], "image/jpeg");
                    assert!(card.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
                    let bytes = to_bytes(card.into_body(), 1 << 20).await.unwrap();
                    assert!(bytes.len() < 300 * 1024, "{} bytes", bytes.len());
                    drawn.insert(at.to_owned());
                    times.push(begun.elapsed().as_millis());
                }
                assert_eq!(tag(early, "og:url").unwrap(), format!("http://127.0.0.1:3000{path}"));
                assert_eq!(tag(early, "og:locale").unwrap(), lang.og());
                assert!(tag(early, "og:title").is_some_and(|t| t.chars().count() > 3), "{app} {path}");
                assert!(tag(early, "og:description").is_some_and(|d| !d.is_empty()), "{app} {path}");
                if path.starts_with("/g/") {
                    assert!(tag(early, "og:title").unwrap().contains("小林"), "who invites");
                }
            }
        }
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(visits().await, 0, "a fetch is no visit");
    assert_eq!(drawn.len(), 6, "a card for each thing and language: {times:?} ms");
    // Another state is another address; an old address still answers, for a moment.
    let stale = drawn.iter().find(|p| p.starts_with("/card/team")).unwrap();
    let (before, mark) = stale.rsplit_once("-wide").map(|(p, _)| p.split_at(p.len() - 16)).unwrap();
    let other = open.get(&format!("{before}{}-wide.jpg", mark.chars().rev().collect::<String>())).await;
    assert_eq!(other.status(), StatusCode::OK);
    assert!(!other.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    for bad in [
        "/card/team/111111111111/en-0000000000000000-wide.jpg",
        "/card/team/..%2f..%2fx/en-0000000000000000-wide.jpg",
        "/card/product/tea/en-0-wide.jpg",
        "/card/person/x/en-0000000000000000-wide.jpg",
    ] {
        assert_eq!(open.get(bad).await.status(), StatusCode::NOT_FOUND, "{bad}");
    }

    // A person counts once, keeps the first link, and comes to an address without anything personal in it.
    let phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36";
    let mut cookie = String::new();
    for (share, path) in things.iter().chain(&things) {
        let request =
            Request::get(format!("/s/{share}")).header("user-agent", phone).header("sec-fetch-mode", "navigate");
        let answer = open.send(request.header(header::COOKIE, &cookie).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.headers()[header::LOCATION].to_str().unwrap(), path);
        let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Secure"), "{set}");
        cookie = set.split(';').next().unwrap().to_owned();
    }
    for _ in 0..50 {
        if visits().await == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(visits().await, 2);
    assert!(cookie.contains(&format!(".{}.", things[0].0)), "the first link stays");
    for mode in [("sec-fetch-mode", "no-cors"), ("sec-purpose", "prefetch")] {
        let request = Request::get(format!("/s/{}", things[0].0)).header("user-agent", phone).header(mode.0, mode.1);
        assert!(
            open.send(request.body(Body::empty()).unwrap()).await.headers().get(header::SET_COOKIE).is_none(),
            "{mode:?}"
        );
    }
    assert_eq!(open.get("/s/nothing").await.headers()[header::LOCATION], "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_hears_of_its_team_and_a_page_that_comes_back_only_of_what_it_missed() {
    use http_body_util::BodyExt;
    let open = open(true).await;
    let (team, leader) = team_of(&open, "").await;
    let shop = open.house.shop.clone();
    let teller = tokio::spawn({
        let shop = shop.clone();
        async move { shop::group_buy::news::run(&shop).await }
    });
    let listen = |last: Option<String>, site: &str| {
        let mut request = Request::get(format!("/events/team-{team}")).header("sec-fetch-site", site);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.body(Body::empty()).unwrap()
    };
    let next = async |body: &mut Body| {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(5), body.frame()).await.ok()??;
        Some(String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap())
    };
    let id_of = |event: &str| event.lines().find_map(|l| l.strip_prefix("id: ")).unwrap().to_owned();
    let answer = open.send(listen(None, "same-origin")).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut first = answer.into_body();
    let event = next(&mut first).await.unwrap();
    assert!(event.contains("\"state\":\"forming\"") && event.contains("\"paid\":1"), "{event}");
    // Whoever has it already hears nothing until something changes; then both hear the same.
    let mut back = open.send(listen(Some(id_of(&event)), "same-origin")).await.into_body();
    let quiet = tokio::time::timeout(std::time::Duration::from_millis(300), back.frame()).await;
    assert!(quiet.is_err(), "nothing has changed");
    shop.db
        .write(team.clone(), |tx, team| {
            Box::pin(async move {
                tx.execute("UPDATE team SET seats_taken = 2 WHERE code = $1", shop::args![team.as_str()]).await?;
                Ok::<_, shop::Error>(())
            })
        })
        .await
        .unwrap();
    shop.kept.teams.touch(&team);
    let (a, b) = (next(&mut first).await.unwrap(), next(&mut back).await.unwrap());
    assert!(a.contains("\"seats_taken\":2"), "{a}");
    assert_eq!(id_of(&a), id_of(&b));
    assert_eq!(open.send(listen(None, "cross-site")).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(open.get("/events/team-111111111111").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(open.get("/events/orders").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(shop.kept.teams.listeners(), 2);
    shop.kept.teams.close();
    assert!(next(&mut first).await.is_none(), "the end of the shop is the end of the stream");
    teller.abort();
    let _ = leader;
}

/// Puts a team into a state, as its last change would have left it.
async fn put(open: &Open, team: &str, state: &'static str, seats_taken: i64, paid: i64) {
    let ended = (state != "forming").then_some(1_i64);
    open.house
        .shop
        .db
        .write((team.to_owned(), state, seats_taken, paid, ended), |tx, (team, state, seats_taken, paid, ended)| {
            Box::pin(async move {
                tx.execute(
                    "UPDATE team SET state = $1, seats_taken = $2, paid = $3, ended_at = $4 WHERE code = $5",
                    shop::args![*state, *seats_taken, *paid, *ended, team.as_str()],
                )
                .await?;
                Ok::<_, shop::Error>(())
            })
        })
        .await
        .unwrap();
}

/// `end2end/previews.md` is made here (`UPDATE=1 cargo test -p server previews`), and compared with what it was.
#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_previews_is_what_chat_apps_read_in_every_state() {
    let open = open(true).await;
    let (team, _) = team_of(&open, "小林").await;
    let mut table = String::from(
        "# What chat apps read\n\nOne row for each app, thing, state and language; made by `server/tests/edge.rs`. Every picture is a JPEG of 1200 x 630.\n\n| app | thing | state | language | title | description |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    let mut marks = std::collections::HashSet::new();
    let states = [
        ("a seat is free", "forming", 1, 1),
        ("full", "forming", 2, 1),
        ("succeeded", "succeeded", 2, 2),
        ("expired", "failed", 1, 1),
        ("cancelled", "cancelled", 1, 1),
    ];
    for (name, state, seats_taken, paid) in states {
        put(&open, &team, state, seats_taken, paid).await;
        for lang in Lang::ALL {
            let mut read = Vec::new();
            for (app, agent) in FETCHERS {
                let request = Request::get(format!("/g/{team}?lang={}", lang.tag())).header("user-agent", agent);
                let html = text(open.send(request.body(Body::empty()).unwrap()).await).await;
                let said = ["og:title", "og:description", "og:image"].map(|t| tag(&html, t).unwrap().to_owned());
                table.push_str(&format!("| {app} | team | {name} | {} | {} | {} |\n", lang.tag(), said[0], said[1]));
                read.push(said);
            }
            read.dedup();
            assert_eq!(read.len(), 1, "no app is told something else: {name}, {lang:?}");
            let image = read[0][2].strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
            assert!(marks.insert(image.clone()), "{name} has a picture of its own");
            for shape in ["wide", "square"] {
                let card = open.get(&image.replace("wide", shape)).await;
                assert_eq!(card.headers()[header::CONTENT_TYPE], "image/jpeg");
            }
        }
    }
    for (slug, name) in [("plateau-blueberries", "with a team price"), ("spring-longjing-green-tea", "on sale")] {
        for lang in Lang::ALL {
            for (app, agent) in FETCHERS {
                let request = Request::get(format!("/p/{slug}?lang={}", lang.tag())).header("user-agent", agent);
                let html = text(open.send(request.body(Body::empty()).unwrap()).await).await;
                let said = ["og:title", "og:description"].map(|t| tag(&html, t).unwrap().to_owned());
                table.push_str(&format!("| {app} | product | {name} | {} | {} | {} |\n", lang.tag(), said[0], said[1]));
            }
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/previews.md");
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(file, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), table, "UPDATE=1 makes it anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_over_can_be_seen_again_and_one_that_is_on_is_heard() {
    let open = open(true).await;
    let list = shop::live::list(&open.house.shop, domain::Lang::En, None).await.unwrap();
    let (over, on) = (list.again[0].code.clone(), list.now[0].code.clone());
    let text = |answer: Response<Body>| async move {
        String::from_utf8(axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    };
    for name in ["index.m3u8", "replay.m3u8"] {
        let answer = open.get(&format!("/hls/{over}/{name}")).await;
        assert_eq!(answer.status(), 200, "{name}");
        assert_eq!(answer.headers()["content-type"], "application/vnd.apple.mpegurl");
        let replay = text(answer).await;
        assert!(replay.starts_with("#EXTM3U\n") && replay.ends_with("#EXT-X-ENDLIST\n"));
        // Everything that it names is there.
        let map = replay.split("URI=\"").skip(1).filter_map(|l| l.split('"').next());
        let segments = replay.lines().filter(|l| !l.starts_with('#'));
        let named: Vec<String> = map.chain(segments).map(str::to_owned).collect();
        assert!(named.len() > 15, "{named:?}");
        for file in named {
            let answer = open.get(&format!("/hls/{over}/{file}")).await;
            assert_eq!(answer.status(), 200, "{file}");
            assert_eq!(answer.headers()["content-type"], "video/mp4");
        }
    }
    // What was said of one thing is cut out of it: each turn of the loop shows it once.
    let whole = text(open.get(&format!("/hls/{over}/replay.m3u8")).await).await;
    for place in 1..=3 {
        let clip = text(open.get(&format!("/hls/{over}/clip{place}.m3u8")).await).await;
        assert!(clip.starts_with("#EXTM3U\n") && clip.ends_with("#EXT-X-ENDLIST\n"));
        assert_eq!(clip.matches("#EXT-X-DISCONTINUITY\n").count(), 2, "three pieces: {clip}");
        let pieces: Vec<_> = clip.lines().filter(|l| !l.starts_with('#')).collect();
        assert!(pieces.len() < whole.lines().filter(|l| !l.starts_with('#')).count() * 2 / 3, "{pieces:?}");
        assert!(pieces.iter().all(|piece| whole.contains(piece)));
        assert_eq!(open.get(&format!("/live/{over}/{place}")).await.status(), 200);
    }
    for path in ["clip0.m3u8", "clip99.m3u8", "clip.m3u8", "clip-1.m3u8"] {
        assert_eq!(open.get(&format!("/hls/{over}/{path}")).await.status(), 404, "{path}");
    }
    for page in ["99", "0", "x"] {
        assert_eq!(open.get(&format!("/live/{over}/{page}")).await.status(), 404, "{page}");
    }
    // Nobody sends here: there is no list, and nothing that is made up is found.
    for path in ["index.m3u8", "media.m3u8", "s0.m4s", "p0.0.m4s", "init1.mp4", "s-1.m4s", "../tuanju.db", "x"] {
        assert_eq!(open.get(&format!("/hls/{on}/{path}")).await.status(), 404, "{path}");
    }
    for room in ["x", "..", "111111111111"] {
        assert_eq!(open.get(&format!("/hls/{room}/index.m3u8")).await.status(), 404, "{room}");
    }
    let answer = open.get(&format!("/events/room-{on}?after=2")).await;
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body().into_data_stream();
    let first = futures_util::StreamExt::next(&mut body).await.unwrap().unwrap();
    let first = String::from_utf8(first.to_vec()).unwrap();
    let data = first.lines().find_map(|l| l.strip_prefix("data: ")).unwrap();
    let frame: domain::live::Frame = serde_json::from_str(data).unwrap();
    assert_eq!(frame.lines[0].seq, 3);
    assert_eq!(frame.facts.unwrap().explains, Some(1));
    assert_eq!(open.get("/events/room-111111111111").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_a_room_that_was_taken_down_is_for_its_host_and_for_those_who_decide() {
    use domain::moderation::{Decision, Kind, Reason, Sanction};
    let open = open(true).await;
    let shop = &open.house.shop;
    let room = shop::live::list(shop, domain::Lang::En, None).await.unwrap().again[0].code.clone();
    let html = text(open.get(&format!("/live/{room}")).await).await;
    let card = tag(&html, "og:image").unwrap().strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
    let list = text(open.get(&format!("/hls/{room}/replay.m3u8")).await).await;
    let piece = list.lines().find(|l| !l.starts_with('#')).unwrap().to_owned();
    let pages = [format!("/live/{room}"), format!("/hls/{room}/replay.m3u8"), format!("/hls/{room}/{piece}")];
    let rest = [
        format!("/hls/{room}/index.m3u8"),
        format!("/hls/{room}/init1.mp4"),
        format!("/hls/{room}/clip1.m3u8"),
        format!("/live/{room}/1"),
        format!("/share/room/{room}"),
        card,
    ];
    for path in pages.iter().chain(&rest) {
        // What shares links needs a session.
        let seen = open.get(path).await.status();
        assert!(seen == 200 || path.starts_with("/share"), "{path}: {seen}");
    }
    let who = |name: &'static str| async move { shop::account::find(shop, name).await.unwrap().unwrap().id };
    let case = shop::moderation::report(shop, who("ana").await, Kind::Room, &room, Reason::Fraud, "").await.unwrap();
    let judge = who("ops").await;
    let verdict = shop::moderation::Verdict {
        decision: Decision::Remove,
        reason: Some(Reason::Fraud),
        sanction: Sanction::None,
        note: String::new(),
        saw: shop::moderation::desk(shop, judge, &case).await.unwrap().saw,
        hide_earlier: false,
    };
    shop::moderation::decide(shop, judge, &case, verdict).await.unwrap();
    let ana = open.cookie_of("ana").await;
    let as_seen = |path: &str, cookie: &str| {
        Request::get(path.to_owned()).header(header::COOKIE, cookie).body(Body::empty()).unwrap()
    };
    for path in pages.iter().chain(&rest).chain([&format!("/events/room-{room}")]) {
        // What was rendered a moment ago is kept for a moment: who has a session is shown what is.
        assert_eq!(open.send(as_seen(path, &ana)).await.status(), 404, "{path}");
    }
    let along = open.call("live/along", &format!("code={room}&at=0"), None).await;
    assert_eq!(along.status(), 404);
    let (host, moderator) = (open.cookie_of("host").await, open.cookie_of("mod").await);
    for path in &pages {
        let answer = open.send(as_seen(path, &host)).await;
        assert_eq!(answer.status(), 200, "{path}");
        let kept = answer.headers()[header::CACHE_CONTROL].to_str().unwrap();
        assert!(kept.contains("no-store"), "{path}: {kept}");
        // He has not shown his second factor.
        assert_eq!(open.send(as_seen(path, &moderator)).await.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_host_opens_no_room_and_who_is_nobody_says_nothing() {
    let open = open(true).await;
    let list = shop::live::list(&open.house.shop, domain::Lang::En, None).await.unwrap();
    let room = list.now[0].code.clone();
    let mei = open.cookie_of("mei").await;
    assert_eq!(open.call("live/open", "title=Mine", Some(&mei)).await.status(), 403);
    for (path, body) in [
        ("live/explain", format!("code={room}&place=1")),
        ("live/put", format!("code={room}&slug=plateau-blueberries&off=1")),
        ("live/end", format!("code={room}")),
        ("live/new_key", format!("code={room}")),
        ("live/hush", format!("code={room}&seq=2")),
        ("live/slow", format!("code={room}&seconds=5")),
    ] {
        assert_eq!(open.call(path, &body, None).await.status(), 401, "{path}");
        assert_eq!(open.call(path, &body, Some(&mei)).await.status(), 404, "{path}");
    }
    assert_eq!(open.call("live/say", &format!("code={room}&text=hi"), None).await.status(), 401);
    assert_eq!(open.call("live/say", &format!("code={room}&text=hi"), Some(&mei)).await.status(), 200);
}

/// What a browser offers, as short as it may be.
const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 106\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 \
    00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n\
    a=setup:actpass\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:106 H264/90000\r\n\
    a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_room_and_nothing_else_lets_somebody_send_from_a_browser() {
    let open = open(true).await;
    let shop = &open.house.shop;
    let host = shop::account::find(shop, "host").await.unwrap().unwrap().id;
    let list = shop::live::list(shop, domain::Lang::En, None).await.unwrap();
    let (room, other) = (list.now[0].code.clone(), list.soon[0].code.clone());
    let key = async |code| shop::live::studio(shop, domain::Lang::En, host, code).await.unwrap().key;
    let (right, wrong) = (key(&room).await, key(&other).await);
    let offer = async |key: Option<&str>, kind: &str, sdp: &str| {
        let mut request = Request::post(format!("/whip/{room}")).header(header::CONTENT_TYPE, kind);
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        open.send(request.body(Body::from(sdp.to_owned())).unwrap()).await
    };
    let sdp = "application/sdp";
    assert_eq!(offer(Some(&right), sdp, OFFER).await.status(), 404, "nobody takes WebRTC here");
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    assert!(open.house.whip.set(live::whip::Whip::new(socket, at)).is_ok());
    for key in [None, Some("x"), Some(wrong.as_str()), Some(&right[..right.len() - 1])] {
        let answer = offer(key, sdp, OFFER).await;
        assert_eq!(answer.status(), 401, "{key:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        assert!(text(answer).await.contains("stream_key"));
    }
    assert_eq!(offer(Some(&right), "application/json", OFFER).await.status(), 415);
    assert_eq!(offer(Some(&right), sdp, "v=0").await.status(), 400);
    assert_eq!(offer(Some(&right), sdp, &OFFER.replace("H264", "VP8")).await.status(), 406);
    let large = OFFER.to_owned() + &"a=x\r\n".repeat(20_000);
    assert_eq!(offer(Some(&right), sdp, &large).await.status(), 413);
    let taken = offer(Some(&right), sdp, OFFER).await;
    assert_eq!((taken.status().as_u16(), &taken.headers()["content-type"]), (201, &sdp.parse().unwrap()));
    let session = taken.headers()["location"].to_str().unwrap().to_owned();
    let ways = Request::options(format!("/whip/{room}")).body(Body::empty()).unwrap();
    let ways = open.send(ways).await;
    assert_eq!((ways.status().as_u16(), &ways.headers()["accept-post"]), (204, &sdp.parse().unwrap()));
    let patch = Request::patch(&session).header(header::CONTENT_TYPE, "application/trickle-ice-sdpfrag");
    assert_eq!(open.send(patch.body(Body::empty()).unwrap()).await.status(), 405);
    let answer = text(taken).await;
    assert!(answer.contains("a=ice-lite") && answer.contains(&format!("127.0.0.1 {}", at.port())), "{answer}");
    let end = async |key: &str| {
        let request = Request::delete(&session).header(header::AUTHORIZATION, format!("Bearer {key}"));
        open.send(request.body(Body::empty()).unwrap()).await.status().as_u16()
    };
    assert_eq!(end("x").await, 401);
    assert_eq!(end(&right).await, 200);
    assert_eq!(end(&right).await, 200, "it is over");

    // A page of somebody else opens no socket, and only the studio may ask for the camera.
    let socket = Request::get(format!("/send/{room}"))
        .header("origin", "https://evil.test")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(open.send(socket.body(Body::empty()).unwrap()).await.status(), 403);
    let policy = async |path: &str| open.get(path).await.headers()["permissions-policy"].to_str().unwrap().to_owned();
    assert!(policy(&format!("/studio/{room}")).await.contains("camera=(self)"));
    assert!(policy(&format!("/live/{room}")).await.contains("camera=()"));
}

/// The API of a media server, as far as we ask it: what it says of who sends, and what it was told to do.
#[derive(Clone, Default)]
struct Fake {
    says: Arc<std::sync::Mutex<String>>,
    told: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Fake {
    async fn open(&self) -> String {
        let fake = self.clone();
        let answer = move |request: axum::extract::Request| {
            let fake = fake.clone();
            async move {
                if request.method() == Method::GET {
                    return fake.says.lock().unwrap().clone();
                }
                fake.told.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
                r#"{"code":0}"#.to_owned()
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        at
    }

    fn says(&self, what: &str) {
        what.clone_into(&mut self.says.lock().unwrap());
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

const MEDIA_SECRET: &str = "a secret of the media server";

impl Open {
    /// A hook of the media server, as it posts it.
    async fn hook(&self, what: &str, secret: &str, body: &str) -> (u16, String) {
        let secret = secret.replace(' ', "%20");
        let glue = if what.contains('?') { "&" } else { "?" };
        let request = Request::post(format!("/webhooks/media/{what}{glue}secret={secret}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = self.send(request).await;
        (answer.status().as_u16(), text(answer).await)
    }

    async fn state_of(&self, room: &domain::Code) -> domain::live::State {
        shop::live::show(&self.house.shop, Lang::En, shop::live::Looker::default(), room).await.unwrap().facts.state
    }

    /// A room of the demo's host, and his key to it.
    async fn room(&self) -> (domain::Code, domain::id::PersonId, String) {
        let host = shop::account::find(&self.house.shop, "host").await.unwrap().unwrap().id;
        let room = shop::live::open(&self.house.shop, host, "Elsewhere", None).await.unwrap();
        let _ = self.house.shop.kept.encoder.set(server::live::encoder(None, false, &self.house));
        let key = shop::live::studio(&self.house.shop, Lang::En, host, &room).await.unwrap().key;
        (room, host, key)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mediamtx_asks_who_may_send_tells_who_does_and_lets_go_whom_we_do_not_want() {
    use domain::live::State;
    let fake = Fake::default();
    let api = fake.open().await;
    let shows = "https://media.example/live/{room}/index.m3u8?expires={expires}&sig={sig}";
    let beside =
        Outside::new(outside::Kind::Mediamtx, "rtmp://media.example/live/", shows, &api, MEDIA_SECRET).unwrap();
    let open = open_beside(true, Some(Arc::new(beside))).await;
    let (room, host, stream) = open.room().await;
    let key = stream.strip_prefix(&format!("{room}?key=")).unwrap().to_owned();
    let view = shop::live::studio(&open.house.shop, Lang::En, host, &room).await.unwrap();
    assert_eq!((view.server.as_deref(), view.whip, view.camera), (Some("rtmp://media.example/live"), false, false));

    // Who may send: with the key of this room, and no other; who may see, with a signed address.
    let ask = |action: &str, path: &str, query: &str| {
        format!(
            r#"{{"user":"","password":"","token":"","ip":"10.0.0.9","action":"{action}","path":"{path}","protocol":"rtmp","id":"7f3c","query":"{query}"}}"#
        )
    };
    let path = format!("live/{room}");
    let asked = async |action: &str, path: &str, query: &str| {
        open.hook("authorize", MEDIA_SECRET, &ask(action, path, query)).await.0
    };
    assert_eq!(asked("publish", &path, &format!("key={key}")).await, 200);
    assert_eq!(asked("publish", &path, "key=x").await, 401);
    assert_eq!(asked("publish", &path, "").await, 401);
    assert_eq!(asked("publish", "live/abcdefghijkm", &format!("key={key}")).await, 401, "of another room");
    assert_eq!(asked("publish", "other", &format!("key={key}")).await, 401);
    assert_eq!(asked("api", &path, &format!("key={key}")).await, 401);
    assert_eq!(
        open.hook("authorize", "another secret of someone", &ask("publish", &path, &format!("key={key}"))).await.0,
        401
    );
    assert_eq!(open.hook("authorize", MEDIA_SECRET, "nonsense").await.0, 401);
    assert_eq!(open.hook("srs", MEDIA_SECRET, "{}").await.0, 404);
    assert_eq!(asked("read", &path, "").await, 401);

    // What it tells makes the room be on, once; the page plays from there, and its policy lets it.
    assert_eq!(open.hook(&format!("ready?path={path}"), MEDIA_SECRET, "").await.0, 200);
    assert_eq!(open.hook(&format!("ready?path={path}"), MEDIA_SECRET, "").await.0, 200);
    assert_eq!(open.state_of(&room).await, State::Live);
    let list = open.get(&format!("/hls/{room}/index.m3u8")).await;
    assert_eq!(list.status(), StatusCode::FOUND);
    let to = list.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let signed = to.strip_prefix(&format!("https://media.example/live/{room}/index.m3u8?")).unwrap();
    assert_eq!(asked("read", &path, signed).await, 200);
    assert_eq!(asked("read", &path, &signed.replace("sig=", "sig=0")).await, 401);
    for wrong in [signed.replacen("expires=1", "expires=0", 1), format!("expires={}&sig=x", i64::MAX)] {
        assert_eq!(asked("read", &path, &wrong).await, 401);
    }
    let page = open.get(&format!("/live/{room}")).await;
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(
        policy.contains("connect-src 'self' https://media.example;")
            && policy.contains("media-src 'self' blob: https://media.example;"),
        "{policy}"
    );

    // That nobody sends is believed when nobody does.
    let sends = format!(
        r#"{{"itemCount":2,"pageCount":1,"items":[{{"name":"{path}","ready":true,"source":{{"type":"rtmpConn","id":"7f3c"}}}},{{"name":"camera","ready":true,"source":{{"type":"rtspSource","id":""}}}}]}}"#
    );
    let nobody = r#"{"itemCount":0,"pageCount":0,"items":[]}"#;
    fake.says(&sends);
    assert_eq!(open.hook(&format!("notready?path={path}"), MEDIA_SECRET, "").await.0, 200);
    assert_eq!(open.state_of(&room).await, State::Live, "he sends again already");
    fake.says("nonsense");
    assert_eq!(open.hook(&format!("notready?path={path}"), MEDIA_SECRET, "").await.0, 200);
    assert_eq!(open.state_of(&room).await, State::Live, "where it is not known, the silence will tell");
    assert!(outside::look(&open.house).await.is_err());
    fake.says(nobody);
    open.hook(&format!("notready?path={path}"), MEDIA_SECRET, "").await;
    assert_eq!(open.state_of(&room).await, State::Paused);

    // What was not told is seen all the same; a new key lets the old sender go, and so does the end.
    fake.says(&sends);
    outside::look(&open.house).await.unwrap();
    assert_eq!((open.state_of(&room).await, fake.told()), (State::Live, vec![]));
    shop::live::new_key(&open.house.shop, host, &room).await.unwrap();
    assert_eq!(asked("publish", &path, &format!("key={key}")).await, 401);
    // He is let go until he has gone, and nobody else with him: who comes with the new key stays.
    outside::look(&open.house).await.unwrap();
    assert_eq!(fake.told(), ["POST /v3/rtmpconns/kick/7f3c"]);
    outside::look(&open.house).await.unwrap();
    assert_eq!(fake.told(), ["POST /v3/rtmpconns/kick/7f3c"]);
    let renewed = shop::live::studio(&open.house.shop, Lang::En, host, &room).await.unwrap().key;
    let renewed = renewed.strip_prefix(&format!("{room}?")).unwrap().to_owned();
    assert_eq!(asked("publish", &path, &renewed).await, 200);
    outside::look(&open.house).await.unwrap();
    assert_eq!(fake.told(), Vec::<String>::new());
    shop::live::end(&open.house.shop, host, false, &room).await.unwrap();
    outside::look(&open.house).await.unwrap();
    assert_eq!(fake.told(), ["POST /v3/rtmpconns/kick/7f3c"]);
    assert_eq!(open.get(&format!("/hls/{room}/index.m3u8")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn srs_asks_who_may_send_tells_who_does_and_lets_go_whom_we_do_not_want() {
    use domain::live::State;
    let fake = Fake::default();
    let api = fake.open().await;
    let shows = "http://media.example:8080/live/{room}.m3u8";
    let beside = Outside::new(outside::Kind::Srs, "rtmp://media.example/live", shows, &api, MEDIA_SECRET).unwrap();
    let open = open_beside(true, Some(Arc::new(beside))).await;
    let (room, host, stream) = open.room().await;
    let param = stream.strip_prefix(room.as_str()).unwrap().to_owned();
    let tell = |action: &str, param: &str| {
        format!(
            r#"{{"server_id":"vid-1","action":"{action}","client_id":"9308h583","ip":"10.0.0.9","vhost":"__defaultVhost__","app":"live","tcUrl":"rtmp://media.example/live","stream":"{room}","param":"{param}"}}"#
        )
    };
    let told = async |action: &str, param: &str| open.hook("srs", MEDIA_SECRET, &tell(action, param)).await;
    assert_eq!(told("on_publish", "?key=x").await, (401, "1".to_owned()));
    assert_eq!(open.state_of(&room).await, State::Scheduled);
    assert_eq!(told("on_publish", &param).await, (200, "0".to_owned()));
    assert_eq!(told("on_publish", &param).await, (200, "0".to_owned()));
    assert_eq!(open.state_of(&room).await, State::Live);
    assert_eq!(told("on_play", "").await.0, 200);
    let list = open.get(&format!("/hls/{room}/index.m3u8")).await;
    assert_eq!(
        list.headers()[header::LOCATION].to_str().unwrap(),
        format!("http://media.example:8080/live/{room}.m3u8")
    );
    let stream = |active: bool| {
        format!(
            r#"{{"code":0,"server":"vid-1","streams":[{{"id":"vid-2","name":"{room}","vhost":"v","app":"live","publish":{{"active":{active},"cid":"9308h583"}}}}]}}"#
        )
    };
    fake.says(&stream(false));
    assert_eq!(told("on_unpublish", &param).await.0, 200);
    assert_eq!(open.state_of(&room).await, State::Paused);
    fake.says(&stream(true));
    outside::look(&open.house).await.unwrap();
    assert_eq!(open.state_of(&room).await, State::Live);
    shop::live::end(&open.house.shop, host, false, &room).await.unwrap();
    outside::look(&open.house).await.unwrap();
    assert_eq!(fake.told(), ["DELETE /api/v1/clients/9308h583"]);
    assert_eq!(told("on_publish", &param).await.0, 401, "it is over");
}

#[test]
fn a_media_server_that_nobody_could_trust_or_reach_is_refused_at_the_start() {
    let new = |ingest: &str, playback: &str, api: &str, secret: &str| {
        Outside::new(outside::Kind::Mediamtx, ingest, playback, api, secret).is_ok()
    };
    let (ingest, playback, api) = ("rtmp://m/live", "https://m/live/{room}/index.m3u8", "http://m:9997");
    assert!(new(ingest, playback, api, MEDIA_SECRET));
    assert!(!new(ingest, playback, api, "short"));
    assert!(!new("m/live", playback, api, MEDIA_SECRET));
    assert!(!new(ingest, "https://m/live/index.m3u8", api, MEDIA_SECRET));
    assert!(!new(ingest, "m/{room}", api, MEDIA_SECRET));
    assert!(!new(ingest, "https://m/{room}?sig={sig}", api, MEDIA_SECRET));
    assert!(!new(ingest, playback, "https://m:9997", MEDIA_SECRET));
}
