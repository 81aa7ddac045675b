//! One case: where it stands, what was said, what can be done. The same for the buyer and for the shop, each with his own acts.

use crate::{
    after_sale::api::{Act, show},
    fail::Fail,
    site::Site,
    ui::{FormError, Head, Hidden, Page, Picture, PostForm, Sent, amount, loaded},
};
use domain::after_sale::{self, CaseView, Kind, State};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::de::DeserializeOwned;
use server_fn::ServerFn;

pub struct CasePage {
    case: Resource<Result<CaseView, Fail>>,
    sent: Sent<Act>,
}

impl CasePage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        format!("/cases/{}", use_params_map().with_untracked(|p| p.get("code")).unwrap_or_default())
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let params = use_params_map();
        let sent = Sent::<Act>::nothing();
        let asked = move || (params.with(|p| p.get("code").unwrap_or_default()), sent.state.answers.get());
        Self { case: Resource::new(asked, |(code, _)| show(code)), sent }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        page(this.case, this.sent, ("after_sale/act", "case"), |view| format!("/orders/{}", view.order))
    }
}

/// The page of a case; `F` takes its steps.
pub fn page<F>(
    case: Resource<Result<CaseView, Fail>>,
    sent: Sent<F>,
    (path, side): (&'static str, &'static str),
    back: fn(&CaseView) -> String,
) -> AnyView
where
    F: ServerFn<Error = Fail> + 'static,
    F::Output: DeserializeOwned + Send + Sync + 'static,
{
    let t = Site::get().texts();
    loaded(case, move |view| {
        let back = back(&view);
        view! {
            <Head title=t.case_title().to_owned() private=true />
            <Page title=t.case_title().to_owned() back=back class="narrow">
                <FormError path=path sending=sent.state />
                {case_view(view, sent, side)}
            </Page>
        }
        .into_any()
    })
}

fn case_view<F>(view: CaseView, sent: Sent<F>, side: &'static str) -> impl IntoView
where
    F: ServerFn<Error = Fail> + 'static,
    F::Output: DeserializeOwned + Send + Sync + 'static,
{
    let site = Site::get();
    let t = site.texts();
    let state = view.state.name();
    let currency = view.currency;
    let over = view.state.is_over();
    let code = view.code.to_string();
    // An exchange moves money only when there is nothing to send.
    let money = view.kind != Kind::Exchange || matches!(view.state, State::Refunding | State::Refunded);
    let upload = format!("/upload/{side}/{code}");
    view! {
        <section class="panel banner case">
            <h2 data-testid="case-state" data-state=state>{t.case_state_named(state)}</h2>
            <p>{t.kind_named(view.kind.name())} " · " {t.reason_named(&view.reason)}</p>
            {money.then(|| view! { <p>{t.case_amount()} " " <b>{amount(view.amount, currency)}</b></p> })}
            {view.deadline.map(|at| view! { <p class="hint">{t.case_wait_named(state)} " " <time data-deadline=at.to_string()>{site.time(at)}</time></p> })}
        </section>
        <section class="panel">
            <p class="hint">{view.merchant}</p>
            <ul class="contents">{view.lines.into_iter().map(|(name, n)| view! { <li>{name} " × " {n}</li> }).collect_view()}</ul>
        </section>
        <section class="panel">
            <h2>{t.case_thread()}</h2>
            <ol class="thread">
                {view.messages.into_iter().map(|m| view! {
                    <li class=m.author.clone() data-kind=m.kind.clone()>
                        {(m.kind != "said").then(|| view! { <b>{t.case_named(&m.kind)}</b> })}
                        {(!m.body.is_empty()).then(|| view! { <p>{m.body.clone()}</p> })}
                        {(!m.pictures.is_empty()).then(|| view! {
                            <div class="thread-pictures" data-testid="case-pictures">
                                {m.pictures.iter().map(|p| view! {
                                    <a href=format!("/media/{}/1080.jpg", p.id.0.simple()) rel="external"><Picture picture=Some(p.clone()) alt=t.case_picture().to_owned() sizes="120px" /></a>
                                }).collect_view()}
                            </div>
                        })}
                        <small>{t.case_by_named(&m.author)} " · " <time>{site.time(m.at)}</time></small>
                    </li>
                }).collect_view()}
            </ol>
            {(!over).then(|| view! {
                <PostForm sent class="form" clear=true>
                    <Hidden name="code" value=code />
                    <label class="field">
                        <span>{t.case_text()}</span>
                        <input type="text" name="text" maxlength="500" autocomplete="off" data-testid="case-text" />
                    </label>
                    <div class="actions">
                        {view.acts.into_iter().map(act_button).collect_view()}
                        <button type="submit" name="act" value="say" class="button" data-testid="case-say">{t.case_say()}</button>
                    </div>
                </PostForm>
            })}
            {(view.pictures_left > 0).then(|| view! {
                <form class="form" method="post" action=upload enctype="multipart/form-data">
                    <label class="field">
                        <span>{t.case_pictures(view.pictures_left)}</span>
                        <input type="file" name="picture" accept="image/jpeg,image/png,image/webp,image/gif" multiple required data-testid="case-files" />
                    </label>
                    <button type="submit" class="button" data-testid="case-upload">{t.case_upload()}</button>
                </form>
            })}
        </section>
    }
}

fn act_button(act: after_sale::Act) -> impl IntoView {
    let t = Site::get().texts();
    let main = matches!(
        act,
        after_sale::Act::Approve
            | after_sale::Act::Replace
            | after_sale::Act::Send
            | after_sale::Act::Grant
            | after_sale::Act::Escalate
    );
    let class = if main { "button primary" } else { "button" };
    view! {
        <button type="submit" name="act" value=act.name() class=class data-testid=format!("case-{}", act.name())>{t.act_named(act.name())}</button>
    }
}
