//! What is known everywhere of the call under way: its id, which every error tells its caller, and what it is about.

use std::sync::OnceLock;

/// A call under way.
#[derive(Debug)]
struct Call {
    id: String,
    target: OnceLock<String>,
}

tokio::task_local! {
    static CALL: Call;
}

/// Runs a call under an id.
pub async fn scope<F: Future>(id: String, call: F) -> F::Output {
    let known = Call {
        id,
        target: OnceLock::new(),
    };
    CALL.scope(known, call).await
}

/// The id of the call under way, if any.
pub fn current() -> Option<String> {
    CALL.try_with(|call| call.id.clone()).ok()
}

/// Tells the call under way, if any, the resource that it is about. The first word counts: of a stream of requests, that
/// of the first.
pub fn tell_target(target: impl FnOnce() -> String) {
    // Outside of a call, as in a client, nobody asks for it.
    let _ = CALL.try_with(|call| {
        call.target.get_or_init(target);
    });
}

/// The resource that the call under way is about; empty when it is not known.
pub fn target() -> String {
    CALL.try_with(|call| call.target.get().cloned().unwrap_or_default())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_call_is_about_is_known_within_it_alone() {
        tell_target(|| "customers/outside".to_owned());
        scope("1".to_owned(), async {
            assert_eq!((current().as_deref(), target().as_str()), (Some("1"), ""));
            tell_target(|| "customers/li".to_owned());
            tell_target(|| "customers/later".to_owned());
            assert_eq!(target(), "customers/li");
        })
        .await;
        assert_eq!((current(), target().as_str()), (None, ""));
    }
}
