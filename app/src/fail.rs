//! A refusal on its way from a server function to a page.

use domain::Problem;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::{ContentType, Decodes, Encodes, Format, FormatType, codec::Post, error::ServerFnErrorErr};

/// What every server function answers instead of a result. The edge gives it its HTTP status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fail(pub Problem);

impl From<Problem> for Fail {
    fn from(problem: Problem) -> Self {
        #[cfg(feature = "ssr")]
        let problem = worded(problem);
        Self(problem)
    }
}

/// With what it says in the language of the visit, when there is one.
#[cfg(feature = "ssr")]
fn worded(mut problem: Problem) -> Problem {
    if let (None, Some(visit)) = (&problem.text, use_context::<crate::request::Visit>()) {
        problem.text = Some(crate::i18n::Texts(visit.lang).any_problem(&problem));
    }
    problem
}

#[cfg(feature = "ssr")]
impl From<shop::Error> for Fail {
    fn from(error: shop::Error) -> Self {
        error.into_problem().into()
    }
}

impl std::fmt::Display for Fail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Fail {}

impl FromServerFnError for Fail {
    type Encoder = TextJson;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::from(match error {
            ServerFnErrorErr::Request(_) => Problem::new(503, "offline"),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Problem::bad_request()
            }
            _ => Problem::internal(),
        })
    }
}

/// JSON that is read from text, as the JSON inside a page is: the browser then carries one reader of each type, not two.
pub struct TextJson;

/// What every server function answers in.
pub type Answer = Post<TextJson>;

impl ContentType for TextJson {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for TextJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for TextJson {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<server_fn::Bytes, Self::Error> {
        serde_json::to_string(value).map(server_fn::Bytes::from)
    }
}

impl<T: serde::de::DeserializeOwned> Decodes<T> for TextJson {
    type Error = serde_json::Error;

    fn decode(bytes: server_fn::Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(std::str::from_utf8(&bytes).unwrap_or_default())
    }
}
