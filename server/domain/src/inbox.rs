//! The inbox: what somebody is told of, and how it is shown.

use crate::{Currency, Millis, catalog::PictureView};
use serde::{Deserialize, Serialize};

/// What is told of. Each is a key of the locale files (`notice_<kind>`). What somebody does himself is not among them.
pub const KINDS: &[&str] = &[
    "expired",
    "refund_due",
    "payment_released",
    "refunded",
    "shipped_part",
    "shipped",
    "parcel_delivered",
    "received_auto",
    "case_returning",
    "case_refunding",
    "case_rejected",
    "case_closed",
    "case_said",
    "case_replacing",
    "case_replaced",
    "withdrawn",
    "team_succeeded",
    "team_failed",
    "team_cancelled",
    "team_elsewhere",
    "team_leader",
    "referral_approved",
    "referral_welcome",
    "referral_refused",
    "review_answered",
    "review_points",
    "review_points_back",
    "review_removed",
    "question_asked",
    "question_answered",
    "question_removed",
    "challenge_won",
    "bag_won",
    "room_begun",
    "post_liked",
    "post_commented",
    "post_mentioned",
    "post_reposted",
    "comment_replied",
    "followed",
    "post_removed",
    "post_released",
    "comment_removed",
    "room_removed",
    "appeal_granted",
    "appeal_refused",
    "report_kept",
    "report_removed",
];

/// Who did it: the last one, and how many others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByView {
    pub name: String,
    pub others: i64,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeView {
    /// One of [`KINDS`].
    pub kind: String,
    /// Where it leads.
    pub link: String,
    /// The first thing of the order that it is about; empty when it is about points or people.
    pub title: String,
    pub picture: Option<PictureView>,
    /// Minor units, when money moved; points without a currency.
    pub amount: Option<i64>,
    pub currency: Option<Currency>,
    /// When it is about what somebody did.
    pub by: Option<ByView>,
    pub at: Millis,
    pub unread: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxView {
    pub notices: Vec<NoticeView>,
    pub next: Option<String>,
    pub unread: i64,
}
