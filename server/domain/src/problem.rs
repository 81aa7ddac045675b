//! What goes back to a person when something is refused.

use serde::{Deserialize, Serialize};

/// A refusal with a name. `code` is a key of the locale files (`error.<code>`) and stands in `data-code`.
///
/// Nothing of the inside travels in it: no database text, no path, no id that the caller did not send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}")]
pub struct Problem {
    /// The HTTP status that a non-page answer carries.
    pub status: u16,
    pub code: String,
    /// The form field that it is about, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// A number that the message names: seconds to wait, units left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// What the person wrote that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// What it says to a person, in the language of the visit: the browser does not carry the words of every refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Problem {
    pub fn new(status: u16, code: &str) -> Self {
        Self { status, code: code.to_owned(), field: None, number: None, said: None, text: None }
    }

    #[must_use]
    pub fn field(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }

    #[must_use]
    pub fn number(mut self, number: i64) -> Self {
        self.number = Some(number);
        self
    }

    #[must_use]
    pub fn said(mut self, said: &str) -> Self {
        self.said = Some(said.chars().take(40).collect());
        self
    }

    pub fn not_found() -> Self {
        Self::new(404, "not_found")
    }

    pub fn internal() -> Self {
        Self::new(500, "internal")
    }

    pub fn bad_request() -> Self {
        Self::new(400, "bad_request")
    }

    /// Whoever is asked to log in comes back to the same step.
    pub fn login_needed() -> Self {
        Self::new(401, "login_needed")
    }

    pub fn forbidden() -> Self {
        Self::new(403, "forbidden")
    }
}

/// Every code that a person can meet; the locale files are checked against it.
pub const CODES: &[&str] = &[
    "not_found",
    "internal",
    "bad_request",
    "login_needed",
    "forbidden",
    "too_many",
    "offline",
    "read_only",
    "handle_form",
    "handle_taken",
    "name_form",
    "password_short",
    "password_long",
    "password_same",
    "login_wrong",
    "second_factor_wrong",
    "second_factor_needed",
    "recipient_form",
    "phone_form",
    "region_form",
    "city_form",
    "line_form",
    "postcode_form",
    "address_limit",
    "address_needed",
    "sku_gone",
    "sold_out",
    "personal_off",
    "poll_options",
    "poll_right",
    "poll_pick",
    "poll_closed",
    "quiz_answered",
    "option_long",
    "option_twice",
    "busy",
    "few_left",
    "quantity_range",
    "cart_empty",
    "cart_full",
    "total_changed",
    "mixed_currency",
    "no_delivery",
    "note_long",
    "order_closed",
    "already_paid",
    "hold_expired",
    "key_form",
    "payment_closed",
    "not_returnable",
    "nothing_left",
    "reason_needed",
    "text_long",
    "text_needed",
    "case_moved",
    "not_to_ship",
    "not_shipped",
    "shipped_already",
    "one_merchant",
    "swap_needed",
    "price_same",
    "price_late",
    "case_open",
    "too_many_pictures",
    "picture_needed",
    "picture_form",
    "picture_large",
    "video_form",
    "video_large",
    "video_long",
    "video_one",
    "withdrawal_unknown",
    "email_form",
    "payout_changed",
    "campaign_over",
    "campaign_size",
    "campaign_time",
    "campaign_window",
    "campaign_units",
    "campaign_goal",
    "campaign_sponsor",
    "campaign_steps",
    "campaign_perk",
    "campaign_price",
    "campaign_quota",
    "team_full",
    "team_over",
    "team_mine",
    "team_hold",
    "team_units",
    "provider_down",
    "title_long",
    "title_needed",
    "place_long",
    "post_empty",
    "too_many_drafts",
    "too_many_products",
    "follow_self",
    "referral_over",
    "referral_month",
    "staff_no_review",
    "review_early",
    "review_closed",
    "review_followed",
    "review_own",
    "review_stars",
    "review_tag",
    "team_opens",
    "team_drops",
    "team_sold_out",
    "team_forming",
    "new_shoppers_only",
    "one_household",
    "screen_words",
    "screen_superlative",
    "screen_contact",
    "screen_link",
    "paused",
    "paused_for_good",
    "too_many_posts",
    "too_many_comments",
    "too_many_reports",
    "post_removed",
    "report_own",
    "report_answered",
    "case_not_yours",
    "appeal_late",
    "not_yourself",
    "averse",
    "list_long",
    "list_moved",
    "board_title_needed",
    "board_title_used",
    "too_many_boards",
    "board_full",
    "challenge_topic",
    "challenge_number",
    "challenge_date",
    "challenge_overlaps",
    "challenge_over",
    "challenge_open",
    "challenge_own",
    "challenge_votes_used",
    "challenge_too_new",
    "challenge_list",
    "challenge_list_form",
    "challenge_not_entry",
    "room_title",
    "room_time",
    "too_many_rooms",
    "room_over",
    "fan_self",
    "room_not_on",
    "room_off",
    "room_limit",
    "room_price_over",
    "bag_full",
    "product_gone",
    "said_needed",
    "said_long",
    "said_wait",
    "muted",
    "mute_self",
    "muted_for",
    "shut_out",
    "screen_room",
    "followers_only",
    "buyers_only",
    "room_words",
    "room_words_many",
    "moderator_self",
    "room_moderators",
    "nobody",
    "poll_question",
    "poll_runs",
    "polls_over",
    "voted",
    "poll_own",
    "hands_closed",
    "hands_full",
    "hand_own",
    "hand_down",
    "draw_prizes",
    "draw_points",
    "draw_price",
    "draw_phrase",
    "draw_runs",
    "draws_over",
    "draw_over",
    "packets_gone",
    "draw_own",
    "flash_runs",
    "flash_units",
    "flash_each",
    "flash_off",
    "flash_lowest",
    "flash_limit",
    "flash_gone",
    "stream_key",
    "live_codec",
    "live_full",
    "draw_budget",
    "draw_wins",
    "prize_over",
    "coupon_currency",
    "coupon_days",
    "coupon_each",
    "coupon_gone",
    "coupon_least",
    "coupon_most",
    "coupon_not_here",
    "coupon_of",
    "coupon_off",
    "coupon_over",
    "coupon_own",
    "coupon_quota",
    "coupon_unknown",
    "coupon_word",
    "coupon_word_taken",
    "drop_gone",
    "drop_over",
    "drop_runs",
    "drop_units",
    "drops_over",
];
