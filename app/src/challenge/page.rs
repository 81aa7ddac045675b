//! The list of challenges, and one with what competes.

use crate::{
    challenge::api::{Judge, list, show},
    fail::Fail,
    site::Site,
    ui::{
        Area, ChallengePanel, Empty, FormError, Head, Hidden, Page, PostForm, PostGrid, Sent, Submit, encode, loaded,
    },
};
use domain::challenge::{ChallengeView, ChallengesView, EntryView, How, MAX_STATEMENT, Sort, State};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

const JUDGE: &str = "challenge/judge";

/// All challenges.
pub struct ChallengesPage {
    view: Resource<Result<ChallengesView, Fail>>,
}

impl ChallengesPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let query = use_query_map();
        Self { view: Resource::new(move || query.with(|q| q.get("after").unwrap_or_default()), list) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |view| {
            let none = view.challenges.is_empty();
            view! {
                <Head title=t.challenge_title().to_owned() path="/challenges" private=none />
                <Page title=t.challenge_title().to_owned() back="/search" class="narrow">
                    {none.then(|| view! { <Empty text=t.challenge_none() next=t.collected_none_next() href="/" /> })}
                    {view.challenges.into_iter().map(|card| view! { <ChallengePanel card /> }).collect_view()}
                    {view.next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("/challenges?after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// One challenge.
pub struct ChallengePage {
    view: Resource<Result<ChallengeView, Fail>>,
}

impl ChallengePage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = move || {
            let of = |name: &str| query.with(|q| q.get(name).unwrap_or_default());
            (params.with(|p| p.get("code").unwrap_or_default()), of("sort"), of("after"))
        };
        Self { view: Resource::new(asked, |(code, sort, after)| show(code, sort, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |view| {
            let ChallengeView { card, rules, statement, placed, sort, entries, next, left, judges } = view;
            let path = format!("/challenges/{}", card.code);
            let topic = format!("/t/{}", card.topic);
            let (none, how, decided) = (card.entries == 0, card.how, card.state == State::Decided);
            // Those that nobody has voted for stand in the list of all.
            let rest = sort == Sort::Top && i64::try_from(entries.len()).unwrap_or(i64::MAX) < card.entries;
            let join = (card.state == State::Open).then(|| format!("/new?fresh=1&topic={}", encode(&card.topic)));
            let code = card.code.to_string();
            let tab = |href: String, label: &'static str, here: bool| {
                view! { <li><a class="chip" href=href aria-current=here.then_some("page")>{label}</a></li> }
            };
            let how_text = match how {
                How::Votes => t.challenge_how_votes(card.winners, domain::challenge::VOTES_EACH),
                How::Jury => t.challenge_how_jury(card.winners),
            };
            let said = format!("{} · {}", card.prize, how_text);
            view! {
                <Head title=format!("{} · #{}", card.title, card.topic) path=path.clone() description=said private={card.state == State::Cancelled} />
                <Page title=t.challenge_one().to_owned() back=topic class="challenge narrow">
                    <ChallengePanel card=card.clone() whole=true />
                    {join.map(|href| view! { <p><a class="button primary wide" href=href data-testid="challenge-join">{t.challenge_join()}</a></p> })}
                    <section class="panel">
                        <h2>{t.challenge_rules()}</h2>
                        <p class="said">{rules}</p>
                        <p class="hint">{how_text.clone()}</p>
                        {(how == How::Votes).then(|| view! { <p class="hint">{t.challenge_fair()}</p> })}
                    </section>
                    {decided.then(|| view! { <Winners placed=placed.clone() statement=statement.clone() how /> })}
                    {judges.then(|| view! { <JudgeForm code=code.clone() winners=card.winners /> })}
                    <h2 data-testid="challenge-entries" data-count=card.entries>{t.challenge_entries(card.entries)}</h2>
                    {left.map(|n| view! { <p class="hint" data-testid="challenge-left" data-count=n>{t.challenge_left(n)}</p> })}
                    {(how == How::Votes && !none).then(|| view! {
                        <nav class="chips" aria-label=t.challenge_sort()><ul>
                            {tab(path.clone(), t.challenge_top(), sort == Sort::Top)}
                            {tab(format!("{path}?sort=new"), t.challenge_new(), sort == Sort::New)}
                        </ul></nav>
                    })}
                    {none.then(|| view! { <Empty text=t.challenge_no_entries() next=t.collected_none_next() href="/" /> })}
                    <Entries entries votes={how == How::Votes} />
                    {rest.then(|| view! { <p class="feed-end"><a class="button" href=format!("{path}?sort=new")>{t.challenge_all()}</a></p> })}
                    {next.map(|after| view! { <p class="feed-end"><a class="button" href=format!("{path}?sort=new&after={after}")>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// What competes, with the votes that each has.
#[component]
fn Entries(entries: Vec<EntryView>, votes: bool) -> impl IntoView {
    let t = Site::get().texts();
    view! {
        <ol class="grid entries">
            {entries.into_iter().filter_map(|e| Some((e.post?, e.votes, e.place))).map(|(post, n, place)| view! {
                <li data-testid="entry" data-votes=n data-place=place>
                    <PostGrid posts=vec![post] />
                    {votes.then(|| view! { <p class="hint">{place.map(|p| view! { <em class="flag">{t.challenge_place(p)}</em>" " })}{t.challenge_votes(n)}</p> })}
                </li>
            }).collect_view()}
        </ol>
    }
}

/// Who won.
#[component]
fn Winners(placed: Vec<EntryView>, statement: String, how: How) -> impl IntoView {
    let t = Site::get().texts();
    let none = placed.is_empty();
    view! {
        <section class="panel winners" data-testid="challenge-winners">
            <h2>{t.challenge_winners()}</h2>
            {none.then(|| view! { <p>{t.challenge_nobody()}</p> })}
            <ol>
                {placed.into_iter().map(|e| view! {
                    <li data-testid="challenge-winner" data-votes=e.votes>
                        {e.place.map(|p| view! { <em class="flag">{t.challenge_place(p)}</em> })}
                        {match e.post {
                            Some(post) => view! { <a href=format!("/posts/{}", post.code)><b>{post.author}</b><span>{post.title}</span></a> }.into_any(),
                            None => view! { <span class="hint">{t.challenge_gone()}</span> }.into_any(),
                        }}
                        {(how == How::Votes).then(|| view! { <small>{t.challenge_votes(e.votes)}</small> })}
                    </li>
                }).collect_view()}
            </ol>
            {(!statement.is_empty()).then(|| view! { <p class="said">{statement}</p> })}
        </section>
    }
}

/// The shop's list.
#[component]
fn JudgeForm(code: String, winners: i64) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let sent = Sent::<Judge>::nothing();
    let typed = move |name: &str| site.typed(JUDGE, name).unwrap_or_default();
    view! {
        <section class="panel">
            <h2>{t.challenge_judge()}</h2>
            <FormError path=JUDGE sending=sent.state />
            <PostForm sent class="form">
                <Hidden name="code" value=code />
                <Area name="list" label=t.challenge_judge_list() value=typed("list") maxlength=4_000 testid="judge-list" />
                <p class="hint">{t.challenge_judge_hint(winners)}</p>
                <Area name="statement" label=t.challenge_judge_statement() value=typed("statement") maxlength=MAX_STATEMENT testid="judge-statement" />
                <Submit label=t.challenge_judge_send().to_owned() testid="judge-send" sending=sent.state />
            </PostForm>
        </section>
    }
}
