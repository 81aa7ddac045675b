//! The questions about a thing, and one of them with all of its answers.

use crate::{
    fail::Fail,
    question::api::{Answer, Ask, Delete, list, show},
    site::Site,
    ui::{Area, Empty, FormError, Head, Hidden, Icon, Page, Submit, goes_on, loaded, posts_to},
};
use domain::question::{Gone, MAX_ANSWER, MAX_QUESTION, May, QuestionView, QuestionsView, SaidView};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

const ASK: &str = "question/ask";
const ANSWER: &str = "question/answer";
const DELETE: &str = "question/delete";

/// All questions about a thing.
pub struct QuestionsPage {
    view: Resource<Result<QuestionsView, Fail>>,
    after: Memo<String>,
}

impl QuestionsPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let after = Memo::new(move |_| query.with(|q| q.get("after").unwrap_or_default()));
        let asked = move || (params.with(|p| p.get("slug").unwrap_or_default()), after.get());
        Self { view: Resource::new(asked, |(slug, after)| list(slug, after)), after }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |view| {
            let (product, here) = (goes_on(format!("/p/{}", view.slug)), format!("/p/{}/questions", view.slug));
            let (none, nothing) = (view.none, view.questions.is_empty());
            let more = view.next.map(|after| goes_on(format!("{here}?after={after}")));
            // Whoever takes something back stays on the page where he is.
            let after = this.after.get_untracked();
            let back = if after.is_empty() { here.clone() } else { format!("{here}?after={after}") };
            let may = view.may;
            view! {
                <Head title=t.question_title_of(&view.title) path=here.clone() private=none />
                <Page title=t.question_title().to_owned() back=product.clone() class="narrow">
                    <p><a href=product>{view.title}</a></p>
                    <FormError path=DELETE />
                    <AskForm slug=view.slug may />
                    {none.then(|| view! { <p class="hint">{t.question_none()}</p> })}
                    {(nothing && !none).then(|| view! { <Empty text=t.question_none_here() next=t.question_all() href={goes_on(here.clone())} /> })}
                    {(!nothing).then(|| view! {
                        <div class="questions">
                            {view.questions.into_iter().map(|q| view! { <Question question=q may here=back.clone() alone=false /> }).collect_view()}
                        </div>
                    })}
                    {more.map(|href| view! { <p class="feed-end"><a class="button" href=href>{t.feed_more()}</a></p> })}
                </Page>
            }
            .into_any()
        })
    }
}

/// One question with its answers.
pub struct QuestionPage {
    view: Resource<Result<QuestionsView, Fail>>,
}

impl QuestionPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        Self { view: Resource::new(move || params.with(|p| p.get("code").unwrap_or_default()), show) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |view| {
            let list = goes_on(format!("/p/{}/questions", view.slug));
            let title = view.questions.first().map(|q| q.said.text.clone()).filter(|text| !text.is_empty());
            let title = title.unwrap_or_else(|| t.question_title().to_owned());
            view! {
                <Head title=format!("{title} · {}", view.title) private=true />
                <Page title=t.question_title().to_owned() back=list.clone() class="narrow">
                    <p><a href={goes_on(format!("/p/{}", view.slug))}>{view.title}</a></p>
                    <FormError path=DELETE />
                    <div class="questions">
                        {view.questions.into_iter().map(|q| {
                            // A question without answers leaves nothing when it is taken back.
                            let here = if q.count == 0 { list.clone() } else { format!("/questions/{}", q.said.code) };
                            view! { <Question question=q may=view.may here alone=true /> }
                        }).collect_view()}
                    </div>
                    <p class="feed-end"><a class="button" href=list>{t.question_all()}</a></p>
                </Page>
            }
            .into_any()
        })
    }
}

/// The field to ask something; what was typed into a refused one stands in it again.
#[component]
fn AskForm(slug: String, may: May) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    if may == May::LogIn {
        let login = format!("/login?next=/p/{slug}/questions");
        return view! { <p><a class="button wide" href=login data-testid="question-login">{t.question_login()}</a></p> }
            .into_any();
    }
    let refused = site.typed(ASK, "slug").as_ref() == Some(&slug);
    let typed = site.typed(ASK, "text").filter(|_| refused);
    view! {
        <section class="panel">
            {refused.then(|| view! { <FormError path=ASK /> })}
            <form class="form" method="post" action={posts_to::<Ask>()}>
                <Hidden name="slug" value=slug />
                <Area name="text" label=t.question_ask() value=typed.unwrap_or_default() maxlength=MAX_QUESTION testid="question-text" />
                <p class="hint">{t.question_hint()}</p>
                <Submit label=t.question_send().to_owned() testid="question-send" />
            </form>
        </section>
    }
    .into_any()
}

/// A question with answers. `here`: where whoever takes something back goes; `alone`: on its own page, with all answers and the form.
#[component]
fn Question(question: QuestionView, may: May, here: String, alone: bool) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let QuestionView { said, answers, count } = question;
    let (code, mine, gone, stands) = (said.code.clone(), said.mine, said.gone.is_some(), state(&said));
    let own = format!("/questions/{code}");
    let hidden = count - i64::try_from(answers.len()).unwrap_or(0);
    let before = answers.iter().find(|a| a.mine).map(|a| a.text.clone());
    let answers_here = (alone && may.answer() && !mine && !gone).then(|| {
        let refused = site.typed(ANSWER, "question") == Some(code.to_string());
        let typed = site.typed(ANSWER, "text").filter(|_| refused).or(before).unwrap_or_default();
        let label = if may == May::AnswerForShop { t.question_answer_shop() } else { t.question_answer() };
        view! {
            {refused.then(|| view! { <FormError path=ANSWER /> })}
            <form class="form" method="post" action={posts_to::<Answer>()}>
                <Hidden name="question" value=code.to_string() />
                <Area name="text" label=label value=typed maxlength=MAX_ANSWER testid="answer-text" />
                {(may == May::Answer).then(|| view! { <p class="hint">{t.question_answer_hint()}</p> })}
                <Submit label=t.question_answer_send().to_owned() testid="answer-send" />
            </form>
        }
    });
    let open = match count {
        0 if may.answer() && !mine => t.question_answer_send().to_owned(),
        0 => t.question_open().to_owned(),
        n => t.question_answers(n),
    };
    let (title, labelled) = (format!("q-{code}-said"), format!("q-{code}-said"));
    view! {
        <article class="panel question" id=format!("q-{code}") aria-labelledby=labelled data-testid="question" data-count=count data-state=stands>
            <Line said here=here.clone() title=Some(title) />
            {(!answers.is_empty()).then(|| view! {
                <ol class="answers">
                    {answers.into_iter().map(|a| {
                        let (id, by) = (format!("a-{}", a.code), if a.by_shop { "shop" } else { "owner" });
                        view! { <li id=id data-testid="answer" data-by=by><Line said=a here=here.clone() title=None /></li> }
                    }).collect_view()}
                </ol>
            })}
            {(count == 0 && !gone).then(|| view! { <p class="hint">{t.question_unanswered()}</p> })}
            {(alone && hidden > 0).then(|| view! { <p class="hint">{t.question_rest(hidden)}</p> })}
            {(!alone).then(|| view! { <p><a class="button small" href={goes_on(own.clone())} data-testid="question-open">{open}</a></p> })}
            {answers_here}
            {(alone && may == May::Ask && !mine && !gone).then(|| view! { <p class="hint">{t.question_owners()}</p> })}
            {(alone && may == May::LogIn && !gone).then(|| view! { <p><a class="button wide" href=format!("/login?next={own}")>{t.question_answer_login()}</a></p> })}
        </article>
    }
}

fn state(said: &SaidView) -> &'static str {
    said.gone.map_or("said", Gone::name)
}

/// What somebody said, and what can be done with it. `title`: the id of what a question says; none for an answer.
#[component]
fn Line(said: SaidView, here: String, title: Option<String>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    if let Some(gone) = said.gone {
        let text = match gone {
            Gone::Deleted => t.question_deleted(),
            Gone::Removed => t.question_gone(),
        };
        return view! { <p class="hint" id=title>{text}</p> }.into_any();
    }
    let (kind, mark, report, away) = match &title {
        Some(_) => ("question", t.question_mark(), t.report_question(), t.question_delete()),
        None => ("answer", t.question_answer_mark(), t.report_answer(), t.question_answer_delete()),
    };
    let label = match (&title, said.by_shop) {
        (Some(_), _) => None,
        (None, true) => Some(t.question_by_shop()),
        (None, false) => Some(t.question_by_owner()),
    };
    let code = said.code.to_string();
    let to = format!("/report/{kind}/{code}");
    let text = said.text;
    view! {
        <div class=format!("qa qa-{kind}")>
            <b class="qa-mark" aria-hidden="true">{mark}</b>
            <div>
                {match title {
                    Some(id) => view! { <h2 class="said" id=id>{text}</h2> }.into_any(),
                    None => view! { <p class="said">{text}</p> }.into_any(),
                }}
                <div class="qa-foot">
                    {(!said.handle.is_empty()).then(|| view! { <a href=format!("/u/{}", said.handle)>{said.name}</a> })}
                    {label.map(|label| view! { <em>{label}</em> })}
                    <time>{site.time(said.at)}</time>
                    {(!said.mine).then(|| view! { <a class="report" href=to rel="nofollow" aria-label=report data-testid="question-report"><Icon name="flag" /></a> })}
                    {said.mine.then(|| view! {
                        <form method="post" action={posts_to::<Delete>()}>
                            <Hidden name="code" value=code />
                            <Hidden name="next" value=here />
                            <button type="submit" aria-label=away data-testid="question-delete"><Icon name="trash-2" /></button>
                        </form>
                    })}
                </div>
            </div>
        </div>
    }
    .into_any()
}
