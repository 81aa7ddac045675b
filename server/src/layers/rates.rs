//! How often one account and one address may ask (security.md). Over it: 429 with the seconds to wait.

use super::{plain_form, refusal};
use crate::House;
use app::request::Visit;
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use domain::Problem;
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
};

type Limiter = DefaultKeyedRateLimiter<String>;

/// A limiter per kind of request.
pub struct Rates {
    login_account: Limiter,
    login_address: Limiter,
    checkout: Limiter,
    functions: Limiter,
    search: Limiter,
    suggestions: Limiter,
    uploads: Limiter,
    withdrawals: Limiter,
    comments: Limiter,
    visits: Limiter,
    cards: Limiter,
    beacons: Limiter,
    told: Limiter,
    hands: Limiter,
    words: Limiter,
    words_address: Limiter,
    clock: DefaultClock,
}

fn per_minute(n: u32) -> Limiter {
    Limiter::keyed(Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)))
}

fn per_hour(n: u32) -> Limiter {
    Limiter::keyed(Quota::per_hour(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)))
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            login_account: per_minute(5),
            login_address: per_minute(20),
            checkout: per_minute(10),
            functions: per_minute(300),
            search: per_minute(60),
            suggestions: per_minute(300),
            uploads: per_hour(30),
            withdrawals: per_hour(10),
            comments: per_minute(20),
            visits: per_minute(30),
            cards: per_minute(60),
            beacons: per_minute(30),
            told: per_minute(300),
            hands: per_minute(10),
            words: per_minute(10),
            words_address: per_minute(60),
            clock: DefaultClock::default(),
        }
    }
}

impl Rates {
    /// Seconds to wait, when it was too often.
    fn over(&self, limiter: &Limiter, key: &str) -> Option<i64> {
        let not_until = limiter.check_key(&key.to_owned()).err()?;
        let wait = not_until.wait_time_from(self.clock.now());
        Some(i64::try_from(wait.as_secs()).unwrap_or(60) + 1)
    }

    /// One more picture of somebody.
    pub fn upload(&self, person: &str) -> Option<i64> {
        self.over(&self.uploads, person)
    }

    /// Forgets who has not asked for a while, so that the tables stay small.
    pub fn sweep(&self) {
        for limiter in [
            &self.login_account,
            &self.login_address,
            &self.checkout,
            &self.functions,
            &self.search,
            &self.suggestions,
            &self.uploads,
            &self.withdrawals,
            &self.comments,
            &self.visits,
            &self.cards,
            &self.beacons,
            &self.told,
            &self.hands,
            &self.words,
            &self.words_address,
        ] {
            limiter.retain_recent();
        }
    }

    /// Whether one more visit by a shared link counts.
    pub fn may_visit(&self, address: IpAddr) -> bool {
        self.visits.check_key(&address.to_string()).is_ok()
    }

    /// Seconds to wait until one more preview picture is drawn for an address.
    pub fn may_draw(&self, address: IpAddr) -> Option<i64> {
        self.over(&self.cards, &address.to_string())
    }

    /// Whether the telephone number of an order was guessed at too often, from wherever.
    pub fn withdraw_tries(&self, order: &str) -> Option<i64> {
        self.over(&self.withdrawals, order.trim())
    }

    /// Whether a login name was tried too often. The name is only known once the form is read.
    pub fn login_tries(&self, name: &str) -> Option<i64> {
        self.over(&self.login_account, &name.trim().to_lowercase())
    }
}

/// The address that a request is counted under: the peer, or what a trusted proxy says; IPv6 by /64.
pub fn client_address<B>(trusted: &[IpAddr], request: &http::Request<B>) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::from([127, 0, 0, 1]), |c| c.0.ip());
    let trusted = |ip: &IpAddr| trusted.contains(ip);
    let mut address = peer;
    if trusted(&peer) {
        let said = request
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|v| v.split(','));
        let hops: Vec<IpAddr> = said.filter_map(|h| h.trim().parse().ok()).collect();
        address = hops.into_iter().rev().find(|ip| !trusted(ip)).unwrap_or(peer);
    }
    by_network(address)
}

/// IPv6 by its /64, as one household has a whole one.
pub fn by_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

pub async fn layer(State(house): State<House>, mut request: Request, next: Next) -> Response {
    if house.settings.limits_off {
        return next.run(request).await;
    }
    let path = match request.uri().path().trim_end_matches('/') {
        "" => "/",
        path => path,
    }
    .to_owned();
    let path = path.as_str();
    let address = client_address(&house.settings.trusted_proxy, &request).to_string();
    let person = request
        .extensions()
        .get::<Visit>()
        .and_then(|v| v.viewer.as_ref())
        .and_then(|v| v.person.as_ref())
        .map_or_else(|| address.clone(), |p| p.id.to_string());
    let rates = &house.rates;
    let wait = match path.strip_prefix("/api/") {
        // What is guessed at: passwords, and the telephone number of an order.
        Some(
            "account/login"
            | "account/register"
            | "account/second_factor"
            | "after_sale/withdraw"
            | "after_sale/withdrawable",
        ) => rates.over(&rates.login_address, &address),
        Some("order/place" | "payment/start" | "payment/sandbox") => rates.over(&rates.checkout, &person),
        // The composer looks for products by the same way.
        Some("search/find" | "post/composer") => rates.over(&rates.search, &person),
        Some("search/suggest") => rates.over(&rates.suggestions, &person),
        // The page comes all the same, with what was typed, and says how long to wait.
        None if path == "/search" => {
            let wait = if looks_for(&request) { rates.over(&rates.search, &person) } else { None };
            if let Some(visit) = request.extensions_mut().get_mut::<Visit>() {
                visit.wait = wait;
            }
            None
        }
        None if path == "/withdraw" => {
            let order = request.uri().query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("order=")));
            let tried = order.filter(|o| !o.is_empty()).and_then(|o| rates.withdraw_tries(o));
            tried.or_else(|| rates.over(&rates.login_address, &address))
        }
        Some("post/comment") => rates.over(&rates.comments, &person),
        None if path == "/new" && looks_for(&request) => rates.over(&rates.search, &person),
        // Its pictures are counted one by one.
        None if path.starts_with("/upload/post/") => rates.over(&rates.functions, &person),
        None if path.starts_with("/upload/") => rates.over(&rates.uploads, &person),
        // The words of coupons are guessed at, too, and by more than one account.
        Some("coupon/word") => {
            let tried = rates.over(&rates.words, &person);
            tried.or_else(|| rates.over(&rates.words_address, &address))
        }
        Some("live/raise" | "live/lower") => rates.over(&rates.hands, &person),
        None if path.starts_with("/told/") => rates.over(&rates.told, &person),
        None if path == "/seen" => rates.over(&rates.beacons, &person),
        Some(_) => rates.over(&rates.functions, &person),
        None => None,
    };
    let Some(seconds) = wait else { return next.run(request).await };
    let problem = Problem::new(429, "too_many").number(seconds);
    // A plain form goes back to its page with what was typed.
    if path.starts_with("/api/") { plain_form::refuse(&house, request, &problem).await } else { refusal(&problem) }
}

/// Whether something is looked for.
fn looks_for(request: &Request) -> bool {
    let words = |q: &str| q.split('&').any(|p| p.strip_prefix("q=").is_some_and(|words| !words.is_empty()));
    request.uri().query().is_some_and(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_try_in_a_minute_waits() {
        let rates = Rates::default();
        for _ in 0..5 {
            assert_eq!(rates.login_tries("Mei"), None);
        }
        assert!(rates.login_tries(" mei ").is_some_and(|s| (1..=61).contains(&s)));
        assert_eq!(rates.login_tries("lei"), None);
    }

    #[test]
    fn only_a_proxy_of_ours_says_who_asks() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let asked = |peer: &str, said: &[&str]| {
            let mut request = http::Request::new(());
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
            for s in said {
                request.headers_mut().append("x-forwarded-for", s.parse().unwrap());
            }
            client_address(&[proxy], &request).to_string()
        };
        assert_eq!(asked("10.0.0.1", &["203.0.113.7"]), "203.0.113.7");
        // What the client wrote itself stands in front of what the proxy saw.
        assert_eq!(asked("10.0.0.1", &["1.2.3.4, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(asked("10.0.0.1", &["1.2.3.4", "203.0.113.7, 10.0.0.1"]), "203.0.113.7");
        assert_eq!(asked("203.0.113.9", &["1.2.3.4"]), "203.0.113.9");
        assert_eq!(asked("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn one_household_of_ipv6_is_one_address() {
        let a = by_network("2001:db8:1:2:aaaa::1".parse().unwrap());
        assert_eq!(a, by_network("2001:db8:1:2:bbbb::2".parse().unwrap()));
        assert_eq!(by_network("::ffff:10.0.0.1".parse().unwrap()), "10.0.0.1".parse::<IpAddr>().unwrap());
    }
}
