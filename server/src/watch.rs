//! Watches the books beside a shop that serves: glances at what is new twice a second and closes the till when it breaks an invariant
//! of the money; looks at everything over and over, which finds the rest, and opens it again.

use shop::{
    Shop,
    till::{self, Look},
};
use std::time::{Duration, Instant};

/// Between two looks; after a look that took longer, as long as it took.
const PAUSE: Duration = Duration::from_millis(500);

/// Watches until it is dropped. What changes is said in the log and on standard output.
pub async fn run(shop: &Shop) {
    tokio::join!(again(|| till::glance(shop)), again(|| till::look(shop)));
}

async fn again<F: Future<Output = shop::Result<Look>>>(look: impl Fn() -> F) {
    loop {
        let begun = Instant::now();
        match look().await {
            Ok(Look::Same { .. }) => {}
            Ok(Look::Opened) => {
                tracing::info!("the books are in order again: the till is open");
                println!("the till is open");
            }
            Ok(Look::Closed(violations)) => {
                for v in &violations {
                    let row = v.rows.first().map(String::as_str).unwrap_or_default();
                    tracing::error!(invariant = v.name, row, "a broken invariant of the money: the till is closed");
                    println!("the till is closed: {}: {row}", v.name);
                }
            }
            Err(error) => tracing::error!(%error, "watching the books"),
        }
        tokio::time::sleep(PAUSE.max(begun.elapsed())).await;
    }
}
