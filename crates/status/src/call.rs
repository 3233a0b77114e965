//! The id of the call under way, which every error tells its caller.

tokio::task_local! {
    static CALL: String;
}

/// Runs a call under an id.
pub async fn scope<F: Future>(id: String, call: F) -> F::Output {
    CALL.scope(id, call).await
}

/// The id of the call under way, if any.
pub fn current() -> Option<String> {
    CALL.try_with(Clone::clone).ok()
}
