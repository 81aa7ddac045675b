//! The address book.

use crate::{Error, Result, Shop, args, error::broken_row};
use domain::{
    Problem,
    address::{Address, AddressView},
    id::{AddressId, PersonId},
};
use uuid::Uuid;

/// Addresses that one person may keep.
pub const MAX: i64 = 20;

crate::row! {
    struct AddressRow {
        id: Uuid,
        format: String,
        recipient: String,
        phone: String,
        province: String,
        city: String,
        district: String,
        line: String,
        postcode: String,
        is_default: bool,
    }
}

impl AddressRow {
    fn view(self) -> Result<AddressView> {
        Ok(AddressView {
            id: AddressId(self.id),
            is_default: self.is_default,
            address: Address {
                format: self.format.parse().map_err(|_| broken_row("address.format"))?,
                recipient: self.recipient,
                phone: self.phone,
                province: self.province,
                city: self.city,
                district: self.district,
                line: self.line,
                postcode: self.postcode,
            },
        })
    }
}

/// My addresses, the default first.
///
/// # Errors
/// What the database says.
pub async fn list(shop: &Shop, me: PersonId) -> Result<Vec<AddressView>> {
    let rows: Vec<AddressRow> = shop
        .db
        .fetch_all(
            "SELECT id, format, recipient, phone, province, city, district, line, postcode, is_default
             FROM address WHERE person_id = $1 ORDER BY is_default DESC, created_at DESC, id",
            args![me],
        )
        .await?;
    rows.into_iter().map(AddressRow::view).collect()
}

/// One of my addresses.
///
/// # Errors
/// `address_needed` for one that is not mine.
pub async fn get(shop: &Shop, me: PersonId, id: AddressId) -> Result<Address> {
    let row: Option<AddressRow> = shop
        .db
        .fetch_optional(
            "SELECT id, format, recipient, phone, province, city, district, line, postcode, is_default
             FROM address WHERE person_id = $1 AND id = $2",
            args![me, id],
        )
        .await?;
    match row {
        Some(row) => Ok(row.view()?.address),
        None => Err(Problem::new(422, "address_needed").field("address").into()),
    }
}

/// Adds an address, or changes one of mine. The first one is the default.
///
/// # Errors
/// The form errors of [`Address::checked`], `address_limit`, `not_found` for one that is not mine.
pub async fn save(
    shop: &Shop,
    me: PersonId,
    id: Option<AddressId>,
    address: &Address,
    make_default: bool,
) -> Result<AddressId> {
    let address = address.checked()?;
    let now = shop.clock.now();
    let new_id = AddressId(shop.rng.id(now));
    let input = (me, id, new_id, address, make_default, now);
    shop.db
        .write(input, |tx, (me, id, new_id, a, make_default, now)| {
            Box::pin(async move {
                crate::row! {
                    struct Count {
                        n: i64,
                    }
                }
                let have: Option<Count> =
                    tx.fetch_optional("SELECT COUNT(*) AS n FROM address WHERE person_id = $1", args![*me]).await?;
                let have = have.map_or(0, |c| c.n);
                let first = have == 0;
                if *make_default {
                    tx.execute("UPDATE address SET is_default = $1 WHERE person_id = $2", args![false, *me]).await?;
                }
                if let Some(id) = id {
                    let changed = tx
                        .execute(
                            "UPDATE address SET format = $1, recipient = $2, phone = $3, province = $4, city = $5, district = $6, line = $7, postcode = $8
                             WHERE id = $9 AND person_id = $10",
                            args![
                                a.format.name(), a.recipient.as_str(), a.phone.as_str(), a.province.as_str(), a.city.as_str(),
                                a.district.as_str(), a.line.as_str(), a.postcode.as_str(), *id, *me
                            ],
                        )
                        .await?;
                    if changed == 0 {
                        return Err(Error::from(Problem::not_found()));
                    }
                    if *make_default {
                        tx.execute("UPDATE address SET is_default = $1 WHERE id = $2 AND person_id = $3", args![true, *id, *me]).await?;
                    }
                    return Ok(*id);
                }
                if have >= MAX {
                    return Err(Problem::new(409, "address_limit").number(MAX).into());
                }
                tx.execute(
                    "INSERT INTO address (id, person_id, format, recipient, phone, province, city, district, line, postcode, is_default, created_at)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                    args![
                        *new_id, *me, a.format.name(), a.recipient.as_str(), a.phone.as_str(), a.province.as_str(), a.city.as_str(),
                        a.district.as_str(), a.line.as_str(), a.postcode.as_str(), *make_default || first, *now
                    ],
                )
                .await?;
                Ok(*new_id)
            })
        })
        .await
}

/// Removes one of my addresses. Orders keep their own copy.
///
/// # Errors
/// `not_found` for one that is not mine.
pub async fn remove(shop: &Shop, me: PersonId, id: AddressId) -> Result<()> {
    shop.db
        .write((me, id), |tx, (me, id)| {
            Box::pin(async move {
                let gone = tx.execute("DELETE FROM address WHERE id = $1 AND person_id = $2", args![*id, *me]).await?;
                if gone == 0 { Err(Problem::not_found().into()) } else { Ok(()) }
            })
        })
        .await
}
