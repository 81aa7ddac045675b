//! Makes the typed table of texts: one method a key, the same keys in all three languages, or the build fails.
//!
//! `{name}` in a text becomes an argument of the method; `one||many` chooses by the argument `n`.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path, process::exit};

const LANGS: [(&str, &str); 3] = [("zh-Hans", "ZhHans"), ("zh-Hant", "ZhHant"), ("en", "En")];

/// Families of texts whose keys end in a name that comes from the server: error codes, states, kinds of events.
const FAMILIES: &[&str] = &[
    "cut_shape",
    "did",
    "camera_fault",
    "camera_health",
    "camera_step",
    "health",
    "live_state",
    "error",
    "state",
    "state_hint",
    "event",
    "status",
    "track",
    "carrier",
    "kind",
    "kind_hint",
    "reason",
    "case",
    "case_state",
    "challenge_state",
    "case_wait",
    "case_by",
    "act",
    "notice",
    "mood",
    "standing",
    "standing_hint",
    "otherwise",
    "channel",
    "referral_state",
    "review_tag",
    "review_filter",
    "offense",
    "caught",
    "trust",
    "sanction",
    "deed",
    "because",
    "less_kind",
    "poll_kind",
    "poll_shows",
    "audience",
];

fn fail(message: &str) -> ! {
    eprintln!("locales: {message}");
    exit(1)
}

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let out = env::var("OUT_DIR").unwrap_or_default();
    let tables: Vec<BTreeMap<String, String>> = LANGS
        .iter()
        .map(|(tag, _)| {
            let path = Path::new(&root).join(format!("locales/{tag}.json"));
            println!("cargo::rerun-if-changed={}", path.display());
            let text = fs::read_to_string(&path).unwrap_or_else(|e| fail(&format!("{tag}: {e}")));
            serde_json::from_str(&text).unwrap_or_else(|e| fail(&format!("{tag}: {e}")))
        })
        .collect();
    let [hans, hant, en] = tables.as_slice() else { fail("three languages") };
    for (key, english) in en {
        for (table, (tag, _)) in [hans, hant].into_iter().zip(LANGS) {
            let text = table.get(key).unwrap_or_else(|| fail(&format!("{tag} lacks {key}")));
            if arguments(text) != arguments(english) {
                fail(&format!("{tag} has other arguments than en in {key}"));
            }
        }
    }
    if hans.len() != en.len() || hant.len() != en.len() {
        fail("a language has a key that en lacks");
    }
    let code = table(hans, hant, en);
    fs::write(Path::new(&out).join("i18n.rs"), code).unwrap_or_else(|e| fail(&e.to_string()));
}

/// The names in braces, sorted, each once.
fn arguments(text: &str) -> Vec<String> {
    let mut names: Vec<String> =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(n, _)| n.to_owned())).collect();
    names.sort();
    names.dedup();
    names
}

fn table(hans: &BTreeMap<String, String>, hant: &BTreeMap<String, String>, en: &BTreeMap<String, String>) -> String {
    let mut code = String::from("impl Texts {\n");
    let mut plain = Vec::new();
    for key in en.keys() {
        let name = key.to_lowercase();
        let texts = [hans, hant, en].map(|t| t.get(key).cloned().unwrap_or_default());
        let args = arguments(&texts[2]);
        if args.is_empty() {
            let _ = writeln!(code, "pub const fn {name}(self) -> &'static str {{ match self.0 {{");
            for ((_, variant), text) in LANGS.iter().zip(&texts) {
                let _ = writeln!(code, "Lang::{variant} => {text:?},");
            }
            code.push_str("} }\n");
            plain.push((key.clone(), name));
        } else {
            let params: String = args.iter().map(|a| format!(", {a}: impl std::fmt::Display")).collect();
            let _ = writeln!(code, "pub fn {name}(self{params}) -> String {{ match self.0 {{");
            for ((_, variant), text) in LANGS.iter().zip(&texts) {
                match text.split_once("||") {
                    Some((one, many)) => {
                        let _ = writeln!(
                            code,
                            "Lang::{variant} => if n.to_string() == \"1\" {{ format!({one:?}) }} else {{ format!({many:?}) }},"
                        );
                    }
                    None => {
                        let _ = writeln!(code, "Lang::{variant} => format!({text:?}),");
                    }
                }
            }
            code.push_str("} }\n");
        }
    }
    // Texts that are looked up by a name that comes from the server. A function a family, so that a page carries the
    // families that it shows; a key is of the family with the longest name.
    for family in FAMILIES {
        let of = |key: &str| {
            let families = FAMILIES.iter().filter(|f| key.starts_with(&format!("{f}_")));
            families.max_by_key(|f| f.len()) == Some(family)
        };
        let (answer, otherwise) =
            if *family == "error" { ("Option<&'static str>", "None") } else { ("&'static str", "\"\"") };
        let _ = writeln!(
            code,
            "/// The text of `{family}_<name>`.\npub fn {family}_named(self, name: &str) -> {answer} {{ match name {{"
        );
        for (key, name) in plain.iter().filter(|(k, _)| of(k)) {
            let said = key.get(family.len() + 1..).unwrap_or_default();
            let text = if *family == "error" { format!("Some(self.{name}())") } else { format!("self.{name}()") };
            let _ = writeln!(code, "{said:?} => {text},");
        }
        let _ = writeln!(code, "_ => {otherwise} }} }}");
    }
    code.push_str("/// An error with the number that it names.\npub fn error_with(self, name: &str, n: i64) -> Option<String> { Some(match name {\n");
    for key in en.keys().filter(|k| k.starts_with("error_")) {
        if en.get(key).is_some_and(|t| arguments(t) == ["n"]) {
            let _ = writeln!(code, "{:?} => self.{key}(n),", key.trim_start_matches("error_"));
        }
    }
    code.push_str("_ => return None }) }\n}\n");
    code
}
