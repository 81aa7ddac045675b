//! How letters leave: by SMTP, or into a folder. Off by default.

use crate::House;
use anyhow::{Context, Result, bail};
use app::i18n::Texts;
use domain::time;
use lettre::{
    AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use shop::mail::Due;
use uuid::Uuid;

/// Where letters go, and whom they are from.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

impl Mailer {
    /// `smtps://user:password@host`, `smtp://host:port?tls=required`, or `file:FOLDER`.
    ///
    /// # Errors
    /// Says what cannot be read.
    pub fn new(url: &str, from: &str) -> Result<Self> {
        let from = from.parse().with_context(|| format!("--mail-from {from:?} is no address"))?;
        let way = if let Some(folder) = url.strip_prefix("file:") {
            std::fs::create_dir_all(folder)?;
            Way::Folder(AsyncFileTransport::new(folder))
        } else if url.starts_with("smtp://") || url.starts_with("smtps://") {
            Way::Smtp(AsyncSmtpTransport::<Tokio1Executor>::from_url(url).context("--mail")?.build())
        } else {
            bail!("--mail is smtps://..., smtp://... or file:FOLDER");
        };
        Ok(Self { from, way })
    }

    async fn send(&self, letter: Message) -> Result<()> {
        match &self.way {
            Way::Smtp(smtp) => drop(smtp.send(letter).await.context("by SMTP")?),
            Way::Folder(folder) => drop(folder.send(letter).await.context("into the folder")?),
        }
        Ok(())
    }
}

/// Sends a letter that waits; a job calls it. Sent twice only when the process ends between the two steps.
///
/// # Errors
/// What the database or the other side says; the job then tries again.
pub async fn send(house: &House, id: Uuid) -> Result<()> {
    let Some(mailer) = &house.settings.mail else { return Ok(()) };
    let Some(due) = shop::mail::due(&house.shop, id).await? else { return Ok(()) };
    let (subject, body) = written(&due, &house.settings.base_url, house.shop.settings.utc_offset_minutes);
    let letter = Message::builder()
        .from(mailer.from.clone())
        .to(due.address.parse().context("the address of a letter")?)
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(body)?;
    mailer.send(letter).await?;
    Ok(shop::mail::sent(&house.shop, id).await?)
}

/// The subject and the text of a letter.
fn written(due: &Due, base: &str, utc_offset_minutes: i64) -> (String, String) {
    let t = Texts(due.lang);
    let subject = format!("{}: {}", t.brand(), t.notice_named(&due.kind));
    let mut lines = vec![t.notice_named(&due.kind).to_owned()];
    if let Some((amount, currency)) = due.amount {
        lines.push(domain::Money::new(amount, currency).exact());
    }
    lines.push(format!("{}: {}", t.order_number(), due.order));
    lines.push(time::written(due.at, utc_offset_minutes));
    let page = match &due.case {
        Some(case) => format!("{base}/cases/{case}"),
        None => format!("{base}/orders/{}", due.order),
    };
    (subject, format!("{}\n\n{page}\n\n-- \n{}\n", lines.join("\n"), t.mail_why()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Lang};

    #[test]
    fn a_letter_says_what_happened_to_which_order_and_where_to_look() {
        let due = Due {
            id: Uuid::nil(),
            address: "mei@example.org".into(),
            lang: Lang::En,
            kind: "refunded".into(),
            order: "Abcdefgh1234".parse().unwrap(),
            case: None,
            amount: Some((1_600, Currency::Cny)),
            at: 0,
        };
        let (subject, body) = written(&due, "https://shop.test", 480);
        assert!(subject.contains("Your money is back"), "{subject}");
        for part in ["16.00", "Abcdefgh1234", "https://shop.test/orders/Abcdefgh1234"] {
            assert!(body.contains(part), "{body}");
        }
        assert!(Mailer::new("http://x", "a@example.org").is_err());
        assert!(Mailer::new("smtps://u:p@mail.example.org", "Shop <shop@example.org>").is_ok());
    }
}
