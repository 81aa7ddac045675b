//! The box, what it finds, and what stands there before anything was typed.

use crate::{
    fail::Fail,
    search::api::{Forget, find},
    site::Site,
    ui::{
        Columns, Empty, Filters, FormError, Head, Hidden, Icon, Page, PostGrid, ProductGrid, browse_of, in_query,
        loaded, posts_to, problem_alert, said_in,
    },
};
use domain::{
    catalog::{Browse, PageView, PriceBand, Sort},
    post::TopicCard,
    search::{Ask, Facet, FoundView, HotWord, Kind, PersonCard, Suggestion, Tab},
};
use leptos::{ev, html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

/// The path of the function that agrees to being remembered; it belongs to the capability `account`.
const PERSONAL: &str = "/api/account/set_personal";

/// What was found, or why it was not looked for; with what was asked.
type Answered = (Ask, Result<FoundView, Fail>);

pub struct SearchPage {
    ask: Memo<Ask>,
    found: Resource<Result<Answered, Fail>>,
}

impl SearchPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (query, search) = (use_query_map(), use_location().search);
        let ask = Memo::new(move |_| {
            query.with(|q| Ask {
                browse: Browse {
                    query: search.with(|s| said_in(s, "q")),
                    ..browse_of(q, q.get("category").filter(|c| !c.is_empty()))
                },
                tab: Tab::from_name(&q.get("tab").unwrap_or_default()),
                exact: q.get("exact").is_some_and(|e| e == "1"),
            })
        });
        let found = Resource::new(move || ask.get(), |ask| async move { Ok((ask.clone(), find(ask).await)) });
        Self { ask, found }
    }

    /// What it shows. Box and tabs stand whatever comes of it.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        let ask = this.ask;
        view! {
            <Page title=t.search().to_owned() back="/" tab="shop" class="search">
                <SearchBox ask />
                <Tabs ask />
                <FormError path="search/forget" />
                <FormError path="account/set_personal" />
                {loaded(this.found, move |(ask, found)| {
                    let words = ask.browse.query.clone().unwrap_or_default();
                    let title = if words.is_empty() { t.search().to_owned() } else { t.search_title(&words) };
                    let shown = match found {
                        Err(fail) => {
                            #[cfg(feature = "ssr")]
                            crate::request::set_status(fail.0.status);
                            problem_alert(&fail.0).into_any()
                        }
                        Ok(found) if words.is_empty() => view! { <Beginning found /> }.into_any(),
                        Ok(found) => view! { <Found ask found /> }.into_any(),
                    };
                    view! {
                        <Head title=title private=true />
                        {shown}
                    }.into_any()
                })}
            </Page>
        }
        .into_any()
    }
}

/// The link to what is asked; what is as it is without saying so is not said.
fn link(ask: &Ask) -> String {
    let Browse { query, sort, price, in_stock, category, after } = &ask.browse;
    let mut link = format!("/search?q={}", in_query(query.as_deref().unwrap_or_default()));
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            link.push_str(&format!("&{name}={}", in_query(value)));
        }
    };
    add("tab", if ask.tab == Tab::All { "" } else { ask.tab.name() });
    add("sort", if *sort == Sort::default() { "" } else { sort.name() });
    add("price", if *price == PriceBand::default() { "" } else { price.name() });
    add("stock", if *in_stock { "1" } else { "" });
    add("category", category.as_deref().unwrap_or_default());
    add("exact", if ask.exact { "1" } else { "" });
    add("after", after.as_deref().unwrap_or_default());
    link
}

/// The same words in a tab, from the beginning.
fn in_tab(ask: &Ask, tab: Tab) -> String {
    link(&Ask { browse: Browse { query: ask.browse.query.clone(), ..Browse::default() }, tab, exact: ask.exact })
}

/// Everything that some words find.
fn all_of(words: &str) -> String {
    link(&Ask { browse: Browse { query: Some(words.to_owned()), ..Browse::default() }, ..Ask::default() })
}

/// What may be meant, and which of it is chosen.
#[derive(Clone, Default, PartialEq)]
struct Offered {
    list: Vec<Suggestion>,
    chosen: Option<usize>,
}

/// Where words are typed. With a script the shop goes on as one types; without one it is a form with a button.
#[component]
fn SearchBox(ask: Memo<Ask>) -> impl IntoView {
    let t = Site::get().texts();
    let words = move || ask.with(|a| a.browse.query.clone().unwrap_or_default());
    let offered = RwSignal::new(Offered::default());
    // Letters that are being put together into a sign are not typed yet.
    let composing = StoredValue::new(false);
    let input = NodeRef::<html::Input>::new();
    #[cfg(feature = "hydrate")]
    let waiting = browser::Waiting::new(offered);
    let close = move || {
        #[cfg(feature = "hydrate")]
        waiting.stop();
        offered.set(Offered::default());
    };
    let typed = move |_words: String| {
        #[cfg(feature = "hydrate")]
        waiting.ask(_words);
    };
    let navigate = use_navigate();
    let go = move |words: &str| {
        close();
        let tab = ask.with_untracked(|a| a.tab);
        let asked =
            Ask { tab, browse: Browse { query: Some(words.trim().to_owned()), ..Browse::default() }, exact: false };
        navigate(&link(&asked), NavigateOptions::default());
        if let Some(input) = input.get_untracked() {
            input.set_value(words);
            let _ = input.blur();
        }
    };
    let sent = {
        let go = go.clone();
        move |e: ev::SubmitEvent| {
            e.prevent_default();
            if let Some(input) = input.get_untracked() {
                go(&input.value());
            }
        }
    };
    let keys = {
        let go = go.clone();
        move |e: ev::KeyboardEvent| {
            // Also where the browser says only by this code that a sign is being put together.
            if e.is_composing() || e.key_code() == 229 {
                return;
            }
            let Offered { list, chosen } = offered.get_untracked();
            let many = list.len();
            let choose = |at: usize| {
                e.prevent_default();
                offered.update(|o| o.chosen = Some(at));
            };
            match e.key().as_str() {
                "ArrowDown" if many > 0 => choose(chosen.map_or(0, |i| (i + 1) % many)),
                "ArrowUp" if many > 0 => choose(chosen.map_or(many - 1, |i| (i + many - 1) % many)),
                // Also while suggestions are still on their way.
                "Escape" => {
                    if many > 0 {
                        e.prevent_default();
                    }
                    close();
                }
                "Enter" => {
                    if let Some(meant) = chosen.and_then(|i| list.get(i)) {
                        e.prevent_default();
                        go(&meant.words);
                    }
                }
                _ => {}
            }
        }
    };
    let none = move || offered.with(|o| o.list.is_empty());
    view! {
        <form class="search-box" action="/search" method="get" role="search" on:submit=sent>
            <div class="search-pill">
                <Icon name="search" />
                <input node_ref=input type="text" inputmode="search" name="q" value=words prop:value=words placeholder=t.search_hint() aria-label=t.search() maxlength="60" enterkeyhint="search"
                    autocomplete="off" autocapitalize="off" spellcheck="false" autofocus=move || words().is_empty() data-testid="search-input"
                    role="combobox" aria-autocomplete="list" aria-controls="suggestions" aria-expanded=move || if none() { "false" } else { "true" }
                    aria-activedescendant=move || offered.with(|o| o.chosen).map(|i| format!("suggestion-{i}"))
                    on:compositionstart=move |_| composing.set_value(true)
                    on:compositionend=move |e| { composing.set_value(false); typed(event_target_value(&e)); }
                    on:input=move |e| if !composing.get_value() { typed(event_target_value(&e)) }
                    on:keydown=keys
                    on:blur=move |_| close() />
                {move || ask.with(|a| (a.tab != Tab::All).then(|| view! { <Hidden name="tab" value=a.tab.name() /> }))}
                <button type="submit" class="search-go">{t.search_go()}</button>
            </div>
            <ul id="suggestions" class="suggestions" role="listbox" aria-label=t.search_suggestions() hidden=none>
                {move || {
                    let go = go.clone();
                    let Offered { list, chosen } = offered.get();
                    list.into_iter().enumerate().map(move |(i, s)| {
                        let (go, words) = (go.clone(), s.words.clone());
                        view! {
                            // What is pressed keeps the box as it is; what is let go on it is taken.
                            <li id=format!("suggestion-{i}") role="option" aria-selected=if chosen == Some(i) { "true" } else { "false" }
                                on:mousedown=|e| e.prevent_default() on:click=move |_| go(&words)>{s.words}</li>
                        }
                    }).collect_view()
                }}
            </ul>
        </form>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::Offered;
    use crate::search::api::suggest;
    use gloo_timers::callback::Timeout;
    use leptos::{prelude::*, task::spawn_local};

    /// Fingers rest so long before the shop is asked, ms; and so long nothing is asked after it refused.
    const REST: u32 = 200;
    const PAUSE: f64 = 10_000.0;

    /// The question that waits or is on its way; there is one at most.
    #[derive(Clone, Copy)]
    pub(super) struct Waiting {
        timer: StoredValue<Option<Timeout>, LocalStorage>,
        /// Grows with every question and everything that makes the answer to one useless.
        turn: StoredValue<u32>,
        quiet_until: StoredValue<f64>,
        offered: RwSignal<Offered>,
    }

    impl Waiting {
        pub(super) fn new(offered: RwSignal<Offered>) -> Self {
            Self {
                timer: StoredValue::new_local(None),
                turn: StoredValue::new(0),
                quiet_until: StoredValue::new(0.0),
                offered,
            }
        }

        pub(super) fn stop(self) {
            self.turn.update_value(|t| *t = t.wrapping_add(1));
            self.timer.set_value(None);
        }

        /// Asks how what was typed may go on, when fingers rest.
        pub(super) fn ask(self, words: String) {
            self.stop();
            if words.trim().is_empty() || js_sys::Date::now() < self.quiet_until.get_value() {
                self.offered.set(Offered::default());
                return;
            }
            let turn = self.turn.get_value();
            self.timer.set_value(Some(Timeout::new(REST, move || {
                spawn_local(async move {
                    let answer = suggest(words).await;
                    if answer.is_err() {
                        let _ = self.quiet_until.try_set_value(js_sys::Date::now() + PAUSE);
                    }
                    if self.turn.try_get_value() == Some(turn) {
                        self.offered.set(Offered { list: answer.unwrap_or_default(), chosen: None });
                    }
                });
            })));
        }
    }
}

/// One kind, or all; as long as words were asked for.
#[component]
fn Tabs(ask: Memo<Ask>) -> impl IntoView {
    let t = Site::get().texts();
    let asked = move || ask.with(|a| a.browse.query.is_some());
    view! {
        <nav class="chips" aria-label=t.search_tabs() hidden=move || !asked()>
            <ul>
                {Tab::ALL.iter().copied().map(|tab| view! {
                    <li><a class="chip" href=move || ask.with(|a| in_tab(a, tab)) aria-current=move || ask.with(|a| (a.tab == tab).then_some("page"))
                        data-testid=format!("search-tab-{}", tab.name())>{tab_label(tab)}</a></li>
                }).collect_view()}
            </ul>
        </nav>
    }
}

fn tab_label(tab: Tab) -> &'static str {
    let t = Site::get().texts();
    match tab {
        Tab::All => t.search_tab_all(),
        Tab::Product => t.search_tab_product(),
        Tab::Post => t.search_tab_post(),
        Tab::Person => t.search_tab_person(),
        Tab::Topic => t.search_tab_topic(),
    }
}

/// Before anything was typed: what I looked for, and what many do.
#[component]
fn Beginning(found: FoundView) -> impl IntoView {
    let t = Site::get().texts();
    let FoundView { hot, mine, remembers, topics, .. } = found;
    let nothing = hot.is_empty() && mine.is_empty() && topics.is_empty();
    view! {
        {(!mine.is_empty()).then(|| view! { <Mine words=mine /> })}
        {(remembers == Some(false)).then(|| view! { <Remember /> })}
        {(!topics.is_empty()).then(|| view! {
            <section class="panel" data-testid="search-moving"><h2>{t.search_topics()}</h2><Topics topics /></section>
        })}
        <Hot words=hot />
        <p class="search-challenges"><a class="button wide" href="/challenges" data-testid="search-challenges">{t.challenge_title()}</a></p>
        {nothing.then(|| view! { <Empty text=t.search_start() next=t.search_empty_next() href="/shop" /> })}
    }
}

/// What I looked for, each with a way to forget it.
#[component]
fn Mine(words: Vec<String>) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <section class="panel search-mine" data-testid="search-mine">
            <h2>{t.search_mine()}</h2>
            <ul class="tags">
                {words.into_iter().map(|w| view! {
                    <li>
                        <a href=all_of(&w)>{w.clone()}</a>
                        <form method="post" action={posts_to::<Forget>()}>
                            <Hidden name="words" value=w.clone() />
                            <button type="submit" aria-label=t.search_forget(&w)><Icon name="x" /></button>
                        </form>
                    </li>
                }).collect_view()}
            </ul>
            <div class="search-mine-acts">
                <form method="post" action={posts_to::<Forget>()}>
                    <button type="submit" class="button small" data-testid="search-forget-all">{t.search_forget_all()}</button>
                </form>
                <a class="button small" href="/settings#personal">{t.search_mine_settings()}</a>
            </div>
        </section>
    }
}

/// Asks whether what I look for is to be remembered.
#[component]
fn Remember() -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <details class="panel search-remember" data-testid="search-remember">
            <summary>{t.search_remember()}</summary>
            <p class="hint">{t.personal_text()}</p>
            <form method="post" action=PERSONAL>
                <Hidden name="next" value="/search" />
                <button type="submit" class="button wide" name="on" value="1">{t.personal_on()}</button>
            </form>
        </details>
    }
}

/// What many look for, with its rank.
#[component]
fn Hot(words: Vec<HotWord>) -> impl IntoView {
    let t = Site::get().texts();
    (!words.is_empty()).then(|| {
        view! {
            <section class="panel search-hot" data-testid="search-hot">
                <h2>{t.search_hot()}</h2>
                <ol>
                    {words.into_iter().map(|w| view! {
                        <li><a href=all_of(&w.words)>{w.words.clone()}{w.new.then(|| view! { " " <em class="flag">{t.search_new()}</em> })}</a></li>
                    }).collect_view()}
                </ol>
                <p class="hint">{t.search_hot_hint()}</p>
            </section>
        }
    })
}

/// What was found: what was understood, and the things.
#[component]
fn Found(ask: Ask, found: FoundView) -> impl IntoView {
    let t = Site::get().texts();
    let words = ask.browse.query.clone().unwrap_or_default();
    let read_as = found.read_as.clone().map(|read| {
        let exactly = link(&Ask { exact: true, browse: Browse { after: None, ..ask.browse.clone() }, tab: ask.tab });
        view! {
            <p class="hint" role="status" data-testid="search-read-as">{t.search_read_as(&read)} " " <a href=exactly>{t.search_exactly(&words)}</a></p>
        }
    });
    let without = (!found.without.is_empty() && !found.is_empty()).then(|| {
        view! { <p class="hint" role="status" data-testid="search-without">{t.search_without(found.without.join(" "))}</p> }
    });
    let count = match found.counts.as_slice() {
        [(_, Some(n))] if *n > 0 => {
            Some(view! { <p class="hint" role="status" data-testid="search-count">{t.search_count(*n)}</p> })
        }
        _ => None,
    };
    let things = match ask.tab {
        Tab::Product => view! { <Things ask found /> }.into_any(),
        _ if found.is_empty() => view! { <Nothing ask found /> }.into_any(),
        Tab::All => view! { <Everything ask found /> }.into_any(),
        _ => view! { <OneKind ask found /> }.into_any(),
    };
    view! {
        {read_as}
        {without}
        {count}
        {things}
    }
}

/// Nothing was found: with these filters, in this tab, or anywhere; and the next step.
#[component]
fn Nothing(ask: Ask, found: FoundView) -> impl IntoView {
    let t = Site::get().texts();
    let FoundView { hot, instead, .. } = found;
    let plain = in_tab(&ask, ask.tab);
    let (text, next, href) = if link(&ask) != plain {
        (t.search_empty_filters(), t.search_all_filters(), plain)
    } else if ask.tab != Tab::All {
        (t.search_empty_tab(), t.search_all_tabs(), in_tab(&ask, Tab::All))
    } else {
        (t.search_empty(), t.search_empty_next(), "/shop".to_owned())
    };
    let anywhere = ask.tab == Tab::All;
    view! {
        <Empty text next href />
        {anywhere.then(|| view! { <Hot words=hot /> })}
        {(anywhere && !instead.is_empty()).then(|| view! {
            <section>
                <h2>{t.search_instead()}</h2>
                <ProductGrid cards=instead />
            </section>
        })}
    }
}

/// Some of each kind: people and topics in rows, things and posts in a waterfall, and where there is more of each.
#[component]
fn Everything(ask: Ask, found: FoundView) -> impl IntoView {
    let t = Site::get().texts();
    let FoundView { products, posts, people, topics, counts, .. } = found;
    let shown = [products.len(), posts.len(), people.len(), topics.len()];
    let more: Vec<_> = Kind::ALL
        .iter()
        .zip(shown)
        .filter_map(|(kind, shown)| {
            let (_, count) = counts.iter().find(|(k, _)| k == kind)?;
            let more = count.is_none_or(|n| usize::try_from(n).is_ok_and(|n| n > shown));
            (shown > 0 && more).then_some((Tab::of(*kind), *count))
        })
        .map(|(tab, count)| {
            view! {
                <a class="button" href=in_tab(&ask, tab) data-testid=format!("search-more-{}", tab.name())>
                    {t.search_all_of(tab_label(tab))}{count.map(|n| view! { " " <small>{t.count(n)}</small> })}
                </a>
            }
        })
        .collect();
    let mut columns = Columns::default();
    let [left, right] = columns.place(t, &PageView { cards: products, posts, next: None, marks: None });
    view! {
        <People people />
        <Topics topics />
        <div class="waterfall" data-testid="feed">
            <ul class="column" inner_html=left></ul>
            <ul class="column" inner_html=right></ul>
        </div>
        <p class="feed-end search-more">{more}</p>
    }
}

#[component]
fn Things(ask: Ask, found: FoundView) -> impl IntoView {
    let facets = found.facets.clone();
    let keep = vec![
        ("tab", ask.tab.name().to_owned()),
        ("category", ask.browse.category.clone().unwrap_or_default()),
        ("exact", if ask.exact { "1" } else { "" }.to_owned()),
    ];
    let next = found.next.clone();
    let shown = if found.is_empty() {
        view! { <Nothing ask=ask.clone() found /> }.into_any()
    } else {
        view! { <ProductGrid cards=found.products /> }.into_any()
    };
    view! {
        <Facets ask=ask.clone() facets />
        <Filters path="/search".to_owned() browse=ask.browse.clone() keep />
        {shown}
        <More ask next />
    }
}

/// Where the list goes on, and back to where it began.
#[component]
fn More(ask: Ask, next: Option<String>) -> impl IntoView {
    let t = Site::get().texts();
    let at = |after: Option<String>| link(&Ask { browse: Browse { after, ..ask.browse.clone() }, ..ask.clone() });
    let first = (ask.shown() > 0).then(|| at(None));
    let next = next.map(|after| at(Some(after)));
    view! {
        <p class="feed-end search-more">
            {first.map(|href| view! { <a class="button" href=href>{t.search_first_page()}</a> })}
            {next.map(|href| view! { <a class="button" href=href data-testid="feed-more">{t.feed_more()}</a> })}
        </p>
    }
}

/// The categories of what was found, with how many of each; one that is chosen stands there also when nothing is of it.
#[component]
fn Facets(ask: Ask, facets: Vec<Facet>) -> impl IntoView {
    let t = Site::get().texts();
    let chosen = ask.browse.category.clone();
    let to = |category: Option<String>| {
        link(&Ask { browse: Browse { category, after: None, ..ask.browse.clone() }, ..ask.clone() })
    };
    // One category is no choice.
    let any = chosen.is_some().then(|| view! { <li><a class="chip" href=to(None)>{t.search_any()}</a></li> });
    let shown = facets.len() > 1 || chosen.is_some();
    let chips: Vec<_> = facets
        .into_iter()
        .map(|f| {
            let current = (chosen.as_ref() == Some(&f.slug)).then_some("true");
            view! { <li><a class="chip" href=to(Some(f.slug)) aria-current=current>{f.name} " " <small>{t.count(f.n)}</small></a></li> }
        })
        .collect();
    shown.then(|| view! { <nav class="chips facets" aria-label=t.search_facets()><ul>{any}{chips}</ul></nav> })
}

#[component]
fn OneKind(ask: Ask, found: FoundView) -> impl IntoView {
    let next = found.next.clone();
    let shown = match ask.tab {
        Tab::Post => view! { <PostGrid eager=true posts=found.posts /> }.into_any(),
        Tab::Person => view! { <People people=found.people /> }.into_any(),
        _ => view! { <Topics topics=found.topics /> }.into_any(),
    };
    view! {
        {shown}
        <More ask next />
    }
}

#[component]
fn People(people: Vec<PersonCard>) -> impl IntoView {
    let t = Site::get().texts();
    (!people.is_empty()).then(|| {
        view! {
            <ul class="found-people" aria-label=t.search_tab_person()>
                {people.into_iter().map(|p| view! {
                    <li><a href=format!("/u/{}", p.handle) data-testid="person-card">
                        <span class="avatar" aria-hidden="true">{p.name.chars().next().map(String::from)}</span>
                        <span><b>{p.name.clone()}</b><small>"@" {p.handle.clone()} " · " {t.posts_count(p.posts)} " · " {t.search_followers(p.followers)}</small></span>
                    </a></li>
                }).collect_view()}
            </ul>
        }
    })
}

#[component]
fn Topics(topics: Vec<TopicCard>) -> impl IntoView {
    let t = Site::get().texts();
    (!topics.is_empty()).then(|| {
        view! {
            <ul class="tags found-topics" aria-label=t.search_tab_topic()>
                {topics.into_iter().map(|topic| view! {
                    <li><a href=format!("/t/{}", in_query(&topic.name)) data-testid="topic-card">"#" {topic.name.clone()} " " <small>{t.count(topic.posts)}</small></a></li>
                }).collect_view()}
            </ul>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_what_is_asked_and_nothing_else() {
        assert_eq!(all_of("a&b#c 100% \"茶\"+🍵"), "/search?q=a%26b%23c+100%25+%22茶%22%2B%F0%9F%8D%B5");
        let ask = Ask {
            browse: Browse {
                query: Some("茶".into()),
                sort: Sort::Sold,
                category: Some("x&tab=post".into()),
                in_stock: true,
                ..Browse::default()
            },
            tab: Tab::Product,
            exact: true,
        };
        assert_eq!(link(&ask), "/search?q=茶&tab=product&sort=sold&stock=1&category=x%26tab%3Dpost&exact=1");
        assert_eq!(in_tab(&ask, Tab::Post), "/search?q=茶&tab=post&exact=1");
    }
}
