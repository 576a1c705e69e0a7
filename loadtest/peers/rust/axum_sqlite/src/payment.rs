//! What a payment is: the client's wish, and what was recorded of it.

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
pub struct Wish {
    pub customer_id: String,
    pub amount_minor: i64,
    pub currency: String,
    #[serde(default)]
    pub reference: String,
}

impl Wish {
    /// What is wrong with it, for the client.
    pub fn fault(&self) -> Option<&'static str> {
        if self.customer_id.is_empty() || self.customer_id.len() > 64 || self.customer_id.chars().any(char::is_control)
        {
            Some("customer_id: must be 1 to 64 bytes without control characters")
        } else if self.amount_minor < 1 {
            Some("amount_minor: must be at least 1")
        } else if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Some("currency: must be three capital letters")
        } else if self.reference.len() > 128 {
            Some("reference: must be at most 128 bytes long")
        } else {
            None
        }
    }
}

#[derive(Serialize)]
pub struct Recorded {
    pub id: String,
    pub customer_id: String,
    pub amount_minor: i64,
    pub currency: String,
    pub reference: String,
    pub status: &'static str,
    pub refunded_minor: i64,
    pub created_at: String,
}

impl Recorded {
    pub fn new(id: String, wish: Wish, created_at: String) -> Self {
        let Wish { customer_id, amount_minor, currency, reference } = wish;
        Self { id, customer_id, amount_minor, currency, reference, status: "captured", refunded_minor: 0, created_at }
    }
}
