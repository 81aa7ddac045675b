//! The baseline of `make bench`: axum that answers the same bytes from memory. `static FILE HOST:PORT`.

use anyhow::{Context, Result};
use axum::{Router, body::Bytes, http::header, routing::get};

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let page: Bytes = std::fs::read(args.next().context("FILE")?)?.into();
    let listener = tokio::net::TcpListener::bind(args.next().context("HOST:PORT")?).await?;
    let answer = move || {
        let page = page.clone();
        async move { ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page) }
    };
    let app = Router::new().route("/", get(answer));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = hyper_util::service::TowerToHyperService::new(app.clone());
        tokio::spawn(async move {
            let io = hyper_util::rt::TokioIo::new(stream);
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
        });
    }
}
