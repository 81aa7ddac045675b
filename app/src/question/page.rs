//! The questions about a thing, and one of them with all of its answers.

use crate::{
    fail::Fail,
    question::api::{Answer, Ask, Delete, list, show},
    site::Site,
    ui::{Area, FormError, Head, Hidden, Icon, Page, Submit, loaded, posts_to},
};
use domain::question::{Gone, MAX_ANSWER, MAX_QUESTION, May, QuestionView, QuestionsView, SaidView};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

const ASK: &str = "question/ask";
const ANSWER: &str = "question/answer";

/// All questions about a thing.
pub struct QuestionsPage {
    view: Resource<Result<QuestionsView, Fail>>,
}

impl QuestionsPage {
    /// What the page asks for.
    pub fn data() -> Self {
        let (params, query) = (use_params_map(), use_query_map());
        let asked = move || {
            let slug = params.with(|p| p.get("slug").unwrap_or_default());
            (slug, query.with(|q| q.get("after").unwrap_or_default()))
        };
        Self { view: Resource::new(asked, |(slug, after)| list(slug, after)) }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let t = Site::get().texts();
        loaded(this.view, move |view| {
            let product = format!("/p/{}", view.slug);
            let here = format!("{product}/questions");
            let none = view.questions.is_empty();
            let more = view.next.map(|after| format!("{here}?after={after}"));
            view! {
                <Head title=t.question_title_of(&view.title) path=here.clone() private=none />
                <Page title=t.question_title().to_owned() back=product.clone() class="narrow">
                    <p><a href=product>{view.title}</a></p>
                    <AskForm slug=view.slug may=view.may />
                    {none.then(|| view! { <p class="hint">{t.question_none()}</p> })}
                    <div class="questions">
                        {view.questions.into_iter().map(|q| view! { <Question question=q here=here.clone() form=None /> }).collect_view()}
                    </div>
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
            let list = format!("/p/{}/questions", view.slug);
            let title = view.questions.first().map(|q| q.said.text.clone()).filter(|text| !text.is_empty());
            let title = title.unwrap_or_else(|| t.question_title().to_owned());
            view! {
                <Head title=format!("{title} · {}", view.title) private=true />
                <Page title=t.question_title().to_owned() back=list.clone() class="narrow">
                    <p><a href=format!("/p/{}", view.slug)>{view.title}</a></p>
                    <FormError path=ANSWER />
                    <div class="questions">
                        {view.questions.into_iter().map(|q| {
                            let here = format!("/questions/{}", q.said.code);
                            view! { <Question question=q here form=Some(view.may) /> }
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
    let typed = site.typed(ASK, "text").filter(|_| site.typed(ASK, "slug").as_ref() == Some(&slug));
    view! {
        <section class="panel">
            <FormError path=ASK />
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

/// A question with answers. `form`: on its own page, what whoever looks may do.
#[component]
fn Question(question: QuestionView, here: String, form: Option<May>) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    let QuestionView { said, answers, count } = question;
    let (code, mine, gone, stands) = (said.code.clone(), said.mine, said.gone.is_some(), state(&said));
    let own = format!("/questions/{code}");
    let more = count > i64::try_from(answers.len()).unwrap_or(0) || form.is_none();
    let before = answers.iter().find(|a| a.mine).map(|a| a.text.clone());
    let may = form.filter(|m| m.answer() && !mine && !gone);
    view! {
        <article class="panel question" id=format!("q-{code}") data-testid="question" data-count=count data-state=stands>
            <Line said here=here.clone() kind="question" />
            <ol class="answers">
                {answers.into_iter().map(|a| {
                    let (id, by) = (format!("a-{}", a.code), if a.by_shop { "shop" } else { "owner" });
                    view! { <li id=id data-testid="answer" data-by=by><Line said=a here=here.clone() kind="answer" /></li> }
                }).collect_view()}
            </ol>
            {(count == 0 && !gone).then(|| view! { <p class="hint">{t.question_unanswered()}</p> })}
            {(form.is_none() && more).then(|| view! { <p><a class="button small" href=own.clone() data-testid="question-open">{t.question_answers(count)}</a></p> })}
            {may.map(|may| {
                let typed = site.typed(ANSWER, "text").or(before).unwrap_or_default();
                view! {
                    <form class="form" method="post" action={posts_to::<Answer>()}>
                        <Hidden name="question" value=code.to_string() />
                        <Area name="text" label={if may == May::AnswerForShop { t.question_answer_shop() } else { t.question_answer() }} value=typed maxlength=MAX_ANSWER testid="answer-text" />
                        {(may == May::Answer).then(|| view! { <p class="hint">{t.question_answer_hint()}</p> })}
                        <Submit label=t.question_answer_send().to_owned() testid="answer-send" />
                    </form>
                }
            })}
            {(form == Some(May::Ask) && !mine && !gone).then(|| view! { <p class="hint">{t.question_owners()}</p> })}
            {(form == Some(May::LogIn)).then(|| view! { <p><a class="button wide" href=format!("/login?next={own}")>{t.question_answer_login()}</a></p> })}
        </article>
    }
}

fn state(said: &SaidView) -> &'static str {
    said.gone.map_or("said", Gone::name)
}

/// What somebody said, and what can be done with it.
#[component]
fn Line(said: SaidView, here: String, kind: &'static str) -> impl IntoView {
    let site = Site::get();
    let t = site.texts();
    if let Some(gone) = said.gone {
        let text = match gone {
            Gone::Deleted => t.question_deleted(),
            Gone::Removed => t.question_gone(),
        };
        return view! { <p class="hint">{text}</p> }.into_any();
    }
    let question = kind == "question";
    let mark = if question { t.question_mark() } else { t.question_answer_mark() };
    let label = match (question, said.by_shop) {
        (true, _) => None,
        (false, true) => Some(t.question_by_shop()),
        (false, false) => Some(t.question_by_owner()),
    };
    let code = said.code.to_string();
    let report = format!("/report/{kind}/{code}");
    view! {
        <div class=format!("qa qa-{kind}")>
            <b class="qa-mark" aria-hidden="true">{mark}</b>
            <div>
                <p class="said">{said.text}</p>
                <p class="qa-foot">
                    <a href=format!("/u/{}", said.handle)>{said.name}</a>
                    {label.map(|label| view! { <em>{label}</em> })}
                    <time>{site.time(said.at)}</time>
                    {(!said.mine).then(|| view! { <a class="report" href=report rel="nofollow" aria-label=t.report_question() data-testid="question-report"><Icon name="flag" /></a> })}
                    {said.mine.then(|| view! {
                        <form method="post" action={posts_to::<Delete>()}>
                            <Hidden name="code" value=code />
                            <Hidden name="next" value=here />
                            <button type="submit" aria-label=t.question_delete() data-testid="question-delete"><Icon name="trash-2" /></button>
                        </form>
                    })}
                </p>
            </div>
        </div>
    }
    .into_any()
}
