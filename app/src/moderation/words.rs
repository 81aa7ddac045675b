//! The lists of words, as operators write them.

use crate::{
    fail::Fail,
    moderation::api::{SetWords, words},
    site::Site,
    ui::{Area, FormError, Head, Hidden, Page, PostForm, Sent, Submit, loaded},
};
use domain::moderation::{WordsView, screen::MAX_LIST};
use leptos::prelude::*;

const PATH: &str = "moderation/set_words";

pub struct WordsPage {
    lists: Resource<Result<Vec<WordsView>, Fail>>,
    /// Of each list.
    sent: [Sent<SetWords>; 2],
}

impl WordsPage {
    /// Where whoever logs in first comes back to.
    pub fn here() -> String {
        "/admin/words".to_owned()
    }

    /// What the page asks for.
    pub fn data() -> Self {
        let sent = [Sent::<SetWords>::nothing(), Sent::<SetWords>::nothing()];
        // What somebody else has changed meanwhile is shown once one's own text is put away.
        let turned = sent.map(|s| s.state.turned(&[]));
        Self { lists: Resource::new(move || turned.map(|t| t.get()), |_| words()), sent }
    }

    /// What it shows.
    pub fn view(this: Self) -> AnyView {
        let site = Site::get();
        let t = site.texts();
        let sent = this.sent;
        loaded(this.lists, move |lists| {
            view! {
                <Head title=t.words_title().to_owned() private=true />
                <Page title=t.words_title().to_owned() back="/admin" tab="me" class="narrow words">
                    <p class="hint">{t.words_hint()}</p>
                    {lists.into_iter().zip(sent).map(|(list, sent)| {
                        let label = if list.kind == "banned" { t.words_banned() } else { t.words_superlative() };
                        // What was typed into a refused form of this list, and the version that it was written from.
                        let refused = site.typed(PATH, "kind").as_ref() == Some(&list.kind);
                        let typed = site.typed(PATH, "words").filter(|_| refused);
                        let by = match list.by {
                            Some((name, at)) => t.words_by(site.time(at), list.version, name),
                            None => t.words_first().to_owned(),
                        };
                        let (testid, save) =
                            if list.kind == "banned" { ("words-banned", "save-banned") } else { ("words-superlative", "save-superlative") };
                        view! {
                            <section class="panel" data-testid="words" data-version=list.version>
                                <h2>{label}</h2>
                                <p class="hint">{by}</p>
                                <PostForm sent class="form">
                                    <FormError path=PATH sending=sent.state />
                                    <Hidden name="kind" value=list.kind />
                                    <Hidden name="version" value=list.version.to_string() />
                                    <Area name="words" label=t.words_list() value=typed.unwrap_or(list.words) maxlength=MAX_LIST testid=testid />
                                    <Submit label=t.words_save().to_owned() testid=save sending=sent.state />
                                </PostForm>
                            </section>
                        }
                    }).collect_view()}
                </Page>
            }
            .into_any()
        })
    }
}
