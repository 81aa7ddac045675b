//! Forms with files: `/upload/{side}/{code}` for a case of after-sales (`side`: `case` for the buyer, `desk` for the shop) and for a
//! `review`, and `/upload/post/{code}` for a post.
//!
//! Server functions never see files: the limits here are those of a route of its own (security.md). A file goes to the disk as it
//! comes and is decoded when it is its turn: fifty uploads at once need no more memory than one.

use crate::{
    House, files,
    film::{self, Refused},
    layers::{plain_form, refusal},
};
use app::request::Visit;
use axum::{
    Extension,
    extract::{
        Multipart, Path, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Code, Problem, access,
    account::Role,
    after_sale,
    id::{PersonId, PictureId},
    poll::{MAX_OPTIONS, NewPoll},
    post::{self, Draft, cut::Shape},
};
use shop::{
    after_sale::Who,
    catalog::NewPicture,
    post::{Asks, Change, Move, Room},
};
use std::{
    path::PathBuf,
    sync::OnceLock,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, sync::Semaphore};

/// Bytes of one form: some pictures as a telephone takes them.
pub const MAX_FORM: usize = 3 * files::MAX_BYTES + 64 * 1024;
/// The function in the one table of rights whose form this is, for either side.
const BUYER: &str = "after_sale/act";
const DESK: &str = "after_sale/decide";
const REVIEW: &str = "review/write";
const POST: &str = "post/keep";
/// The fields of a post that are texts.
const TEXTS: [&str; 21] = [
    "shape",
    "place_of_cut",
    "title",
    "body",
    "place",
    "visibility",
    "sponsored",
    "product",
    "q",
    "action",
    "whole",
    "poll",
    "poll_days",
    "poll_shows",
    "poll_right",
    "option0",
    "option1",
    "option2",
    "option3",
    "option4",
    "option5",
];
/// Bytes of all of them.
const MAX_TEXTS: usize = 64 * 1024;
/// A form is read for so long, and no longer than [`WAITING`] without anything coming; what had arrived then is kept.
const READING: Duration = Duration::from_secs(600);
const WAITING: Duration = Duration::from_secs(25);
/// Bytes of the form of a review: all of its pictures at once.
pub const MAX_REVIEW: usize = 6 * files::MAX_BYTES + 64 * 1024;
/// Bytes of the form of a post.
pub const MAX_POST: usize = 9 * files::MAX_BYTES + film::MAX_BYTES + 64 * 1024;

/// Pictures that are decoded at the same time; each may need 100 MB.
static SLOTS: OnceLock<Semaphore> = OnceLock::new();

pub async fn serve(
    State(house): State<House>,
    Extension(visit): Extension<Visit>,
    Path((side, code)): Path<(String, String)>,
    headers: HeaderMap,
    form: Option<Multipart>,
) -> Response {
    take_form(&house, &visit, &side, &code, &headers, form).await
}

/// The form of a review: its pictures may come all at once.
pub async fn review(
    State(house): State<House>,
    Extension(visit): Extension<Visit>,
    Path(code): Path<String>,
    headers: HeaderMap,
    form: Option<Multipart>,
) -> Response {
    take_form(&house, &visit, "review", &code, &headers, form).await
}

async fn take_form(
    house: &House,
    visit: &Visit,
    side: &str,
    code: &str,
    headers: &HeaderMap,
    form: Option<Multipart>,
) -> Response {
    let (function, mut page) = match side {
        "case" => (BUYER, format!("/cases/{code}")),
        "desk" => (DESK, format!("/admin/cases/{code}")),
        // Until it is known of which order it is.
        "review" => (REVIEW, plain_form::came_from(headers)),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let Ok(code) = code.parse::<Code>() else { return refusal(&Problem::not_found()) };
    let (me, form) = match (allowed_person(visit, function), form) {
        (Ok(who), Some(form)) => (who, form),
        (Err(problem), _) if problem.code == "login_needed" => {
            return plain_form::see_other(&format!("/login?next={page}"));
        }
        (Err(problem), _) => return refusal(&problem),
        (_, None) => return refusal(&Problem::bad_request()),
    };
    let mut pictures = Vec::new();
    let done = match function {
        REVIEW => {
            let role = visit.viewer.as_ref().map_or(Role::Guest, shop::session::Viewer::role);
            add_to_review(house, (me, role), &code, form, &mut page, &mut pictures).await
        }
        DESK => add(&house.shop.by(Some(me)), house, Who::Shop, &code, form, &mut pictures).await,
        _ => add(&house.shop, house, Who::Buyer(me), &code, form, &mut pictures).await,
    };
    if done.is_err() {
        pictures.iter().for_each(|picture| files::forget(&house.settings.data, picture));
    }
    house.bell.notify_one();
    let html = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    match done {
        Ok(()) => plain_form::see_other(&page),
        Err(problem) if html && problem.status != 404 => {
            plain_form::send_back(function, &problem, b"", &page, house.settings.secure)
        }
        Err(problem) => refusal(&problem),
    }
}

fn allowed_person(visit: &Visit, function: &str) -> Result<PersonId, Problem> {
    let person = visit.viewer.as_ref().and_then(|v| v.person.as_ref()).ok_or_else(Problem::login_needed)?;
    let shown = visit.second_factor_off || visit.viewer.as_ref().is_some_and(|v| v.second_factor);
    let who = access::function_of(function).ok_or_else(Problem::internal)?.who;
    let role = visit.viewer.as_ref().map_or(Role::Guest, shop::session::Viewer::role);
    if !who.admits(role, shown) {
        return Err(if who.admits(role, true) {
            Problem::new(403, "second_factor_needed")
        } else {
            Problem::forbidden()
        });
    }
    Ok(person.id)
}

/// Looks whether the case takes pictures before any is decoded, and adds them all or none.
async fn add(
    shop: &shop::Shop,
    house: &House,
    who: Who,
    code: &Code,
    form: Multipart,
    pictures: &mut Vec<NewPicture>,
) -> Result<(), Problem> {
    let problem = shop::Error::into_problem;
    let left = shop::after_sale::pictures_left(shop, who, code).await.map_err(problem)?;
    let text = take(house, form, (left, after_sale::MAX_PICTURES), pictures).await?;
    shop::after_sale::add_pictures(shop, who, code, &text, pictures.clone()).await.map_err(problem)
}

/// The same for a review. `page`: where it is written, once that is known.
async fn add_to_review(
    house: &House,
    (me, role): (PersonId, Role),
    code: &Code,
    form: Multipart,
    page: &mut String,
    pictures: &mut Vec<NewPicture>,
) -> Result<(), Problem> {
    let problem = shop::Error::into_problem;
    let (order, left) = shop::review::pictures_left(&house.shop, me, role, code).await.map_err(problem)?;
    *page = format!("/orders/{order}/review");
    take(house, form, (left, domain::review::MAX_PICTURES), pictures).await?;
    shop::review::add_pictures(&house.shop, me, role, code, pictures.clone()).await.map_err(problem)
}

/// The text of the form, and its pictures as our own: `left` more of `most`.
async fn take(
    house: &House,
    mut form: Multipart,
    (left, most): (i64, i64),
    pictures: &mut Vec<NewPicture>,
) -> Result<String, Problem> {
    let mut text = String::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("text") => text = field.text().await.map_err(broken)?,
            Some("picture") => {
                let Some(file) = spool(house, field, PICTURE, || Ok(())).await? else { continue };
                if i64::try_from(pictures.len()).is_ok_and(|n| n >= left) {
                    return Err(Problem::new(422, "too_many_pictures").field("picture").number(most));
                }
                pictures.push(store(house, file).await?);
            }
            _ => return Err(Problem::bad_request()),
        }
    }
    if pictures.is_empty() { Err(Problem::new(422, "picture_needed").field("picture")) } else { Ok(text) }
}

fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(413, "picture_large").number(8),
        _ => Problem::bad_request(),
    }
}

/// A file on the disk that is gone when nobody needs it any more.
struct Spooled(PathBuf);

impl Drop for Spooled {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A kind of file: its most bytes, what says that it has more, in megabytes, and the field of the form.
type Sort = (usize, &'static str, i64, &'static str);
const PICTURE: Sort = (files::MAX_BYTES, "picture_large", 8, "picture");
const FILM: Sort = (film::MAX_BYTES, "video_large", post::MAX_FILM_MB, "video");

/// What comes next of a form, if it comes in time.
async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    match tokio::time::timeout(WAITING, next).await {
        Ok(came) => came.map_err(broken),
        Err(_) => Err(Problem::new(408, "offline")),
    }
}

/// Writes a file of a form to the disk as it comes. None for an empty one, which a form without a chosen file sends.
/// `admit`: whether it is taken, asked with its first bytes.
async fn spool(
    house: &House,
    mut field: Field<'_>,
    (most, large, megabytes, name): Sort,
    admit: impl FnOnce() -> Result<(), Problem>,
) -> Result<Option<Spooled>, Problem> {
    let Some(first) = in_time(field.chunk()).await? else { return Ok(None) };
    if first.is_empty() {
        return Ok(None);
    }
    admit()?;
    let folder = house.settings.data.join(files::INCOMING);
    let disk = |error: std::io::Error| {
        tracing::error!(%error, "an upload could not be written");
        Problem::internal()
    };
    tokio::fs::create_dir_all(&folder).await.map_err(disk)?;
    let spooled = Spooled(folder.join(hex::encode(house.shop.rng.bytes::<16>())));
    let mut file = tokio::fs::File::create_new(&spooled.0).await.map_err(disk)?;
    let mut size = 0_usize;
    let mut next = Some(first);
    let begun = Instant::now();
    while let Some(chunk) = next {
        if begun.elapsed() > READING {
            return Err(Problem::new(408, "offline"));
        }
        size = size.saturating_add(chunk.len());
        if size <= most {
            file.write_all(&chunk).await.map_err(disk)?;
        }
        next = in_time(field.chunk()).await?;
    }
    file.flush().await.map_err(disk)?;
    match size {
        0 => Ok(None),
        // It was read to its end: what comes behind it in the form is not lost.
        n if n > most => Err(Problem::new(413, large).field(name).number(megabytes)),
        _ => Ok(Some(spooled)),
    }
}

async fn store(house: &House, file: Spooled) -> Result<NewPicture, Problem> {
    let internal = |_| Problem::internal();
    let _slot = SLOTS.get_or_init(|| Semaphore::new(1)).acquire().await.map_err(|_| Problem::internal())?;
    let (data, name) = (house.settings.data.clone(), hex::encode(house.shop.rng.bytes::<16>()));
    let made = move || files::upload(&std::fs::read(&file.0)?, &data, &name);
    let taken = tokio::task::spawn_blocking(made).await.map_err(internal)?;
    taken.map_err(|error| {
        tracing::info!(%error, "a picture was refused");
        Problem::new(422, "picture_form").field("picture")
    })
}

/// Takes over a film, with the still that came before it if one did.
async fn store_film(house: &House, file: Spooled, still: Option<NewPicture>) -> Result<NewPicture, Problem> {
    let _slot = SLOTS.get_or_init(|| Semaphore::new(1)).acquire().await.map_err(|_| Problem::internal())?;
    let (data, name) = (house.settings.data.clone(), hex::encode(house.shop.rng.bytes::<16>()));
    let kept = still.clone();
    let made = move || files::film(&file.0, &data, &name, still);
    let taken = tokio::task::spawn_blocking(made).await.map_err(|_| Problem::internal())?;
    taken.map_err(|error| {
        if let Some(still) = kept {
            files::forget(&house.settings.data, &still);
        }
        tracing::info!(%error, "a film was refused");
        match error {
            Refused::Long(_) => Problem::new(422, "video_long").field("video").number(film::MAX_SECONDS),
            Refused::Form(_) => Problem::new(422, "video_form").field("video"),
            Refused::Disk(_) => Problem::internal(),
        }
    })
}

/// What the form of a post brought.
#[derive(Default)]
struct Written {
    /// The still of a film that comes after it.
    still: Option<NewPicture>,
    stilled: bool,
    /// A film has come.
    film: bool,
    /// Files that were looked at, good or bad.
    tries: i64,
    /// Bytes of its texts.
    size: usize,
    /// The fields that are texts, as they came.
    texts: Vec<(String, String)>,
    pictures: Vec<NewPicture>,
    /// Why something of it was left out: the first reason.
    refused: Option<Problem>,
}

impl Written {
    fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    fn refuse(&mut self, problem: Problem) {
        self.refused.get_or_insert(problem);
    }
}

/// The form of a post: saves what came, then does what its button says. What is wrong with one picture loses nothing else, and
/// a form that was cut off keeps what had arrived.
pub async fn post(
    State(house): State<House>,
    Extension(visit): Extension<Visit>,
    Path(code): Path<String>,
    headers: HeaderMap,
    form: Option<Multipart>,
) -> Response {
    let Ok(code) = code.parse::<Code>() else { return refusal(&Problem::not_found()) };
    let page = format!("/new?post={code}");
    let html = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
    let (me, form) = match (allowed_person(&visit, POST), form) {
        (Ok(me), Some(form)) => (me, form),
        (Err(problem), _) if problem.code == "login_needed" && html => {
            return plain_form::see_other(&format!("/login?next={}", app::request::escape(&page)));
        }
        (Err(problem), _) => return refusal(&problem),
        (_, None) => return refusal(&Problem::bad_request()),
    };
    // Whoever goes away in the middle finds what had arrived.
    let (working, secure) = (house.clone(), house.settings.secure);
    let work = tokio::spawn(async move {
        let (written, done) = take_post(&working, me, &code, form).await;
        working.bell.notify_one();
        (written, done, code)
    });
    let Ok((written, done, code)) = work.await else { return refusal(&Problem::internal()) };
    match done {
        Ok(to) if html => plain_form::see_other(&to),
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) if html && problem.status != 404 => {
            // Which post it is of, so that another one is not shown it.
            let own = std::iter::once(format!("post={code}"));
            let texts = written.texts.iter().map(|(n, v)| format!("{n}={}", app::request::escape(v)));
            let body = own.chain(texts).collect::<Vec<_>>().join("&");
            plain_form::send_back(POST, &problem, body.as_bytes(), &format!("/new?post={code}"), secure)
        }
        Err(problem) => refusal(&problem),
    }
}

/// Reads the form of a post and saves it; where its button leads.
async fn take_post(house: &House, me: PersonId, code: &Code, form: Multipart) -> (Written, Result<String, Problem>) {
    let mut written = Written::default();
    let room = match shop::post::writes(&house.shop, me, code).await {
        Ok(room) => room,
        Err(error) => return (written, Err(error.into_problem())),
    };
    read_post(house, me, form, room, &mut written).await;
    if let Some(still) = written.still.take() {
        files::forget(&house.settings.data, &still);
    }
    let done = save_post(house, me, code, &mut written).await;
    if let Err((problem, saved)) = done {
        // Where nobody can say whether the rows are there, their files stay.
        if !saved && problem.status < 500 {
            written.pictures.iter().for_each(|picture| files::forget(&house.settings.data, picture));
        }
        return (written, Err(problem));
    }
    let to = match (written.refused.clone(), written.text("action")) {
        (Some(problem), _) => return (written, Err(problem)),
        (None, action) if action.starts_with("shape:") => {
            format!("/new/cut?post={code}&picture={}", app::request::escape(action.trim_start_matches("shape:")))
        }
        (None, "publish" | "insist") => format!("/posts/{code}"),
        (None, "find" | "enter") if !written.text("q").is_empty() => {
            format!("/new?post={code}&q={}#products", app::request::escape(written.text("q")))
        }
        (None, "find") => format!("/new?post={code}#products"),
        (None, "save" | "enter") => format!("/new?post={code}&saved=1"),
        (None, _) => format!("/new?post={code}#pictures"),
    };
    (written, Ok(to))
}

/// Whether one more file is looked at.
fn counted(house: &House, me: PersonId, left: i64, tries: &mut i64) -> Result<(), Problem> {
    *tries += 1;
    if *tries > left {
        return Err(Problem::new(422, "too_many_pictures").field("picture").number(post::MAX_PICTURES));
    }
    let wait = if house.settings.limits_off { None } else { house.rates.upload(&me.to_string()) };
    wait.map_or(Ok(()), |seconds| Err(Problem::new(429, "too_many").number(seconds)))
}

/// A text of a form; all of them together are no longer than [`MAX_TEXTS`].
async fn text(mut field: Field<'_>, before: usize) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = in_time(field.chunk()).await? {
        if before + bytes.len() + chunk.len() > MAX_TEXTS {
            return Err(Problem::new(413, "bad_request"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::bad_request())
}

/// A file of the form of a post. The still of a film comes before it and is counted with it.
async fn read_file(
    house: &House,
    me: PersonId,
    field: Field<'_>,
    kind: &str,
    room: Room,
    written: &mut Written,
) -> Result<(), Problem> {
    let sort = if kind == "video" { FILM } else { PICTURE };
    let admit = || match kind {
        // One that came before, or one more of them.
        "video" if !room.film || written.film => Err(Problem::new(422, "video_one").field("video")),
        "still" if written.stilled => Err(Problem::bad_request()),
        "still" => Ok(()),
        _ => counted(house, me, room.pictures, &mut written.tries),
    };
    let Some(file) = spool(house, field, sort, admit).await? else { return Ok(()) };
    if kind == "still" {
        written.stilled = true;
        written.still = Some(store(house, file).await?);
        return Ok(());
    }
    let picture = match kind {
        "video" => store_film(house, file, written.still.take()).await?,
        _ => store(house, file).await?,
    };
    written.pictures.push(picture);
    written.film |= kind == "video";
    Ok(())
}

async fn read_post(house: &House, me: PersonId, mut form: Multipart, room: Room, written: &mut Written) {
    let begun = Instant::now();
    loop {
        // What is being worked on is finished, so that no file is left without a row.
        if begun.elapsed() > READING {
            return written.refuse(Problem::new(408, "offline"));
        }
        let field = match in_time(form.next_field()).await {
            Ok(Some(field)) => field,
            Ok(None) => return,
            // All of a form of a post together is more than a film may have.
            Err(problem) if problem.code == "picture_large" => {
                return written.refuse(Problem::new(413, "video_large").number(post::MAX_FILM_MB));
            }
            Err(problem) => return written.refuse(problem),
        };
        match field.name() {
            Some(kind @ ("picture" | "still" | "video")) => {
                let kind = kind.to_owned();
                if let Err(problem) = read_file(house, me, field, &kind, room, written).await {
                    written.refuse(problem);
                }
            }
            Some(name) if TEXTS.contains(&name) => {
                let name = name.to_owned();
                match text(field, written.size).await {
                    Ok(text) => {
                        written.size += name.len() + text.len() + 64;
                        written.texts.push((name, text));
                    }
                    Err(problem) => return written.refuse(problem),
                }
            }
            _ => written.refuse(Problem::bad_request()),
        }
    }
}

/// Saves, and publishes when that is the button and nothing was left out. The problem, and whether the rest was saved.
async fn save_post(house: &House, me: PersonId, code: &Code, written: &mut Written) -> Result<(), (Problem, bool)> {
    let problem = shop::Error::into_problem;
    let action = written.text("action").to_owned();
    // `whole` is the last thing in the form. Without it the form was cut off: the pictures that came are kept, and the text if all of it
    // came. `add`: pictures by themselves.
    if let Some(picture) = action.strip_prefix("cut:") {
        // The form has no files; what somebody puts into it all the same is not kept.
        written.pictures.drain(..).for_each(|picture| files::forget(&house.settings.data, &picture));
        return cut(house, me, code, picture, written).await.map_err(|p| (p, false));
    }
    if action == "add" || written.text("whole").is_empty() {
        return save_part(house, me, code, written).await;
    }
    let visibility = written.text("visibility").parse().unwrap_or_default();
    let sponsored = !written.text("sponsored").is_empty();
    let draft = Draft::new(written.text("title"), written.text("body"), written.text("place"), visibility, sponsored)
        .map_err(|p| (p, false))?;
    let mut products: Vec<String> =
        written.texts.iter().filter(|(n, _)| n == "product").map(|(_, v)| v.clone()).collect();
    if products.len() > post::MAX_PRODUCTS {
        products.truncate(post::MAX_PRODUCTS);
        let most = i64::try_from(post::MAX_PRODUCTS).unwrap_or(i64::MAX);
        written.refuse(Problem::new(422, "too_many_products").field("product").number(most));
    }
    // Whoever is asked to change something may have it looked at instead.
    let insist = action == "insist";
    let publish = insist || action == "publish";
    let asks = match asks(written) {
        Ok(asks) => asks,
        // Everything else is kept; what was typed for the poll stays in the form.
        Err(problem) => {
            written.refuse(problem);
            Asks::AsBefore
        }
    };
    let change = Change { draft, products, pictures: written.pictures.clone(), moved: moved(&action), insist, asks };
    if let Err(error) = shop::post::save(&house.shop, me, code, change.clone()).await {
        let refused = problem(error);
        // A published post is not changed then; what was written waits where it was written.
        if refused.status < 500 && refused.status != 404 {
            shop::post::keep_change(&house.shop, me, code, change).await.map_err(|e| (problem(e), false))?;
        }
        return Err((refused, false));
    }
    if publish && written.refused.is_none() {
        shop::post::publish(&house.shop, me, code, insist).await.map_err(|e| (problem(e), true))?;
    }
    Ok(())
}

/// Cuts a picture of the post.
async fn cut(house: &House, me: PersonId, code: &Code, picture: &str, written: &Written) -> Result<(), Problem> {
    let problem = shop::Error::into_problem;
    let picture: PictureId = picture.parse().map_err(|_| Problem::not_found())?;
    let (shape, place) = (written.text("shape"), written.text("place_of_cut"));
    let (shape, place) = (shape.parse::<Shape>()?, place.parse().map_err(|_| Problem::bad_request())?);
    let (source, width, height) = match shop::post::own_picture(&house.shop, me, code, picture).await.map_err(problem) {
        Ok(own) => own,
        // Whoever taps twice, or comes back: it has been cut.
        Err(gone) if gone.status == 404 => return Ok(()),
        Err(other) => return Err(other),
    };
    let part = post::cut::cut((width, height), shape, place);
    let _slot = SLOTS.get_or_init(|| Semaphore::new(1)).acquire().await.map_err(|_| Problem::internal())?;
    let (data, name) = (house.settings.data.clone(), hex::encode(house.shop.rng.bytes::<16>()));
    let made = tokio::task::spawn_blocking(move || files::cut(&source, (width, height), &data, &name, part)).await;
    let new = made.map_err(|_| Problem::internal())?.map_err(|error| {
        tracing::error!(%error, "a picture could not be cut");
        Problem::internal()
    })?;
    let put = shop::post::replace_picture(&house.shop, me, code, picture, new.clone()).await;
    match put.map_err(problem) {
        Err(refused) if refused.status < 500 => {
            files::forget(&house.settings.data, &new);
            if refused.status == 404 { Ok(()) } else { Err(refused) }
        }
        put => put,
    }
}

/// What the post asks, if it asks anything.
fn asks(written: &Written) -> Result<Asks, Problem> {
    match written.texts.iter().find(|(n, _)| n == "poll") {
        None => return Ok(Asks::AsBefore),
        Some((_, kind)) if kind.is_empty() => return Ok(Asks::Nothing),
        Some(_) => {}
    }
    let options: Vec<String> = (0..MAX_OPTIONS).map(|i| written.text(&format!("option{i}")).to_owned()).collect();
    let days = written.text("poll_days").parse().map_err(|_| Problem::bad_request())?;
    let right = written.text("poll_right").parse().ok();
    NewPoll::new(written.text("poll").parse()?, &options, written.text("poll_shows").parse()?, days, right)
        .map(Asks::Poll)
}

async fn save_part(house: &House, me: PersonId, code: &Code, written: &Written) -> Result<(), (Problem, bool)> {
    let problem = shop::Error::into_problem;
    if ["title", "body", "place"].iter().all(|name| written.texts.iter().any(|(n, _)| n == name)) {
        let kept =
            shop::post::keep(&house.shop, me, code, written.text("title"), written.text("body"), written.text("place"));
        kept.await.map_err(|e| (problem(e), false))?;
    } else if written.pictures.is_empty() {
        let nothing = Problem::new(422, "picture_needed").field("picture");
        return Err((written.refused.clone().unwrap_or(nothing), false));
    }
    if written.pictures.is_empty() {
        return Ok(());
    }
    let added = shop::post::add_pictures(&house.shop, me, code, written.pictures.clone()).await;
    added.map_err(|e| (problem(e), false))
}

/// `left:` and the id of a picture, and so on.
fn moved(action: &str) -> Option<(PictureId, Move)> {
    let (to, id) = action.split_once(':')?;
    let to = match to {
        "first" => Move::First,
        "left" => Move::Left,
        "right" => Move::Right,
        "away" => Move::Away,
        _ => return None,
    };
    Some((id.parse().ok()?, to))
}
