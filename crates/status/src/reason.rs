//! The closed set of reasons.

/// What kind of failure a reason is: decides the gRPC code and whether a repetition can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong by itself; sending it again cannot help.
    InvalidArgument,
    /// What the request names is not there.
    NotFound,
    /// What the request would make is there already.
    AlreadyExists,
    /// The state does not allow it; the state must change first.
    FailedPrecondition,
    /// Somebody else was faster; read again and repeat.
    Aborted,
    /// The caller may not do this.
    PermissionDenied,
    /// The caller is not known.
    Unauthenticated,
    /// A limit is reached; repeat later.
    ResourceExhausted,
    /// Not available for the moment; repeat with the same request id.
    Unavailable,
    /// The server does not know the method or the form of the call.
    Unimplemented,
    /// The time that the caller gave is over.
    DeadlineExceeded,
    /// A fault of ours; the log has the particulars.
    Internal,
}

macro_rules! reasons {
    ($($(#[doc = $text:literal])+ $variant:ident = $name:literal: $kind:ident,)+) => {
        /// Why an operation failed: the `reason` of the answer's `ErrorInfo`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[doc = $text])+ $variant,)+
        }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The reason as callers see it, in `UPPER_SNAKE_CASE`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The kind of failure.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind),+ }
            }
        }
    };
}

reasons! {
    // The request itself.
    /// Fields break the rules of the contract; every violation is listed.
    InvalidFields = "INVALID_FIELDS": InvalidArgument,
    /// The bytes are no message of the expected type.
    MalformedMessage = "MALFORMED_MESSAGE": InvalidArgument,
    /// A resource name does not have the form that the method takes.
    InvalidName = "INVALID_NAME": InvalidArgument,
    /// The filter cannot be read or names unknown fields.
    InvalidFilter = "INVALID_FILTER": InvalidArgument,
    /// The order cannot be read or names unknown fields.
    InvalidOrderBy = "INVALID_ORDER_BY": InvalidArgument,
    /// The page token is not one that this list gave for this filter and order.
    InvalidPageToken = "INVALID_PAGE_TOKEN": InvalidArgument,
    /// The page size is negative.
    InvalidPageSize = "INVALID_PAGE_SIZE": InvalidArgument,
    /// The update mask names a field that cannot be changed.
    InvalidUpdateMask = "INVALID_UPDATE_MASK": InvalidArgument,
    /// The request id was used before with another request.
    RequestIdReused = "REQUEST_ID_REUSED": FailedPrecondition,
    /// The etag is not the current one.
    EtagMismatch = "ETAG_MISMATCH": Aborted,
    /// The stream has more rows than one call takes.
    TooManyRows = "TOO_MANY_ROWS": InvalidArgument,
    /// A message has more bytes than the server takes.
    MessageTooLarge = "MESSAGE_TOO_LARGE": InvalidArgument,
    /// The server has no such method.
    MethodUnknown = "METHOD_UNKNOWN": Unimplemented,
    /// The server does not know the compression of a message.
    EncodingUnknown = "ENCODING_UNKNOWN": Unimplemented,
    /// The time that the caller gave was over before the answer was there.
    DeadlineExceeded = "DEADLINE_EXCEEDED": DeadlineExceeded,

    // The caller.
    /// The call brings no credentials.
    TokenMissing = "TOKEN_MISSING": Unauthenticated,
    /// The token cannot be trusted: its form, signature, issuer, audience or claims are wrong.
    TokenInvalid = "TOKEN_INVALID": Unauthenticated,
    /// The token was valid and is no more.
    TokenExpired = "TOKEN_EXPIRED": Unauthenticated,
    /// The API key is not known, or is known no more.
    ApiKeyInvalid = "API_KEY_INVALID": Unauthenticated,
    /// The API key was valid and is no more.
    ApiKeyExpired = "API_KEY_EXPIRED": Unauthenticated,
    /// The keys of the token issuer could not be had yet, so that no token can be checked.
    IssuerUnavailable = "ISSUER_UNAVAILABLE": Unavailable,
    /// The caller's credentials lack the scope that the method needs.
    ScopeMissing = "SCOPE_MISSING": PermissionDenied,

    /// The tenant sends more calls of this method in a second than it may.
    RateLimited = "RATE_LIMITED": ResourceExhausted,

    // Audit.
    /// No such audit record, or none in the services that this process runs.
    AuditRecordNotFound = "AUDIT_RECORD_NOT_FOUND": NotFound,

    // The server.
    /// More calls are in flight than the server takes on.
    Overloaded = "OVERLOADED": ResourceExhausted,
    /// The server is shutting down.
    ShuttingDown = "SHUTTING_DOWN": Unavailable,
    /// The storage has no room left; nothing was changed.
    StorageFull = "STORAGE_FULL": Unavailable,
    /// The storage can only be read; nothing was changed.
    StorageReadOnly = "STORAGE_READ_ONLY": Unavailable,
    /// The storage cannot be reached or is busy; nothing was changed.
    StorageUnavailable = "STORAGE_UNAVAILABLE": Unavailable,
    /// The connection was lost while committing: the change may or may not be stored.
    CommitOutcomeUnknown = "COMMIT_OUTCOME_UNKNOWN": Unavailable,
    /// Another service of the suite cannot be reached, is too slow, or is left alone after many failures.
    SisterUnavailable = "SISTER_UNAVAILABLE": Unavailable,
    /// Other transactions were in the way too often.
    TransactionConflict = "TRANSACTION_CONFLICT": Aborted,
    /// A fault of ours.
    InternalError = "INTERNAL_ERROR": Internal,

    // Profile.
    /// No such customer.
    CustomerNotFound = "CUSTOMER_NOT_FOUND": NotFound,
    /// The customer id is taken.
    CustomerAlreadyExists = "CUSTOMER_ALREADY_EXISTS": AlreadyExists,
    /// An identity belongs to another customer.
    IdentityTaken = "IDENTITY_TAKEN": AlreadyExists,
    /// The same source and source id were recorded with other content.
    PurchaseConflict = "PURCHASE_CONFLICT": AlreadyExists,
    /// No evaluation has run yet.
    EvaluationNotFound = "EVALUATION_NOT_FOUND": NotFound,
    /// The customer was not evaluated yet.
    ValueNotFound = "VALUE_NOT_FOUND": NotFound,

    // Feedback.
    /// No such survey, or no such version of it.
    SurveyNotFound = "SURVEY_NOT_FOUND": NotFound,
    /// The survey id is taken.
    SurveyAlreadyExists = "SURVEY_ALREADY_EXISTS": AlreadyExists,
    /// The survey breaks a rule: every violation is listed.
    InvalidSurvey = "INVALID_SURVEY": InvalidArgument,
    /// The survey was never published.
    SurveyNotPublished = "SURVEY_NOT_PUBLISHED": FailedPrecondition,
    /// The survey is closed.
    SurveyClosed = "SURVEY_CLOSED": FailedPrecondition,
    /// Answers do not fit their questions: every violation is listed.
    InvalidAnswers = "INVALID_ANSWERS": InvalidArgument,
    /// No such answer set.
    AnswerSetNotFound = "ANSWER_SET_NOT_FOUND": NotFound,
    /// No such case.
    CaseNotFound = "CASE_NOT_FOUND": NotFound,
    /// The case id is taken.
    CaseAlreadyExists = "CASE_ALREADY_EXISTS": AlreadyExists,
    /// The case's state does not allow the step.
    CaseStateConflict = "CASE_STATE_CONFLICT": FailedPrecondition,

    // Satisfaction.
    /// The customer never answered.
    SatisfactionNotFound = "SATISFACTION_NOT_FOUND": NotFound,

    // Loyalty.
    /// No such program.
    ProgramNotFound = "PROGRAM_NOT_FOUND": NotFound,
    /// The program id is taken.
    ProgramAlreadyExists = "PROGRAM_ALREADY_EXISTS": AlreadyExists,
    /// The program breaks a rule: every violation is listed.
    InvalidProgram = "INVALID_PROGRAM": InvalidArgument,
    /// No such member.
    MemberNotFound = "MEMBER_NOT_FOUND": NotFound,
    /// The customer is enrolled under another id, or the member id belongs to another customer.
    MemberAlreadyExists = "MEMBER_ALREADY_EXISTS": AlreadyExists,
    /// The member is closed.
    MemberNotActive = "MEMBER_NOT_ACTIVE": FailedPrecondition,
    /// Fewer points can be spent than asked for.
    InsufficientPoints = "INSUFFICIENT_POINTS": FailedPrecondition,
    /// The amount would leave the range that a balance can have.
    PointsOutOfRange = "POINTS_OUT_OF_RANGE": InvalidArgument,
    /// No such hold.
    HoldNotFound = "HOLD_NOT_FOUND": NotFound,
    /// The hold was captured, released, or timed out.
    HoldNotOpen = "HOLD_NOT_OPEN": FailedPrecondition,
    /// The member has no such transaction.
    TransactionNotFound = "TRANSACTION_NOT_FOUND": NotFound,
    /// The transaction is of a kind that is not reversed, or is reversed in another way.
    TransactionNotReversible = "TRANSACTION_NOT_REVERSIBLE": FailedPrecondition,
    /// The member has no such lot, or none of its points are left or pending.
    LotNotFound = "LOT_NOT_FOUND": NotFound,
    /// The program has no such wallet.
    WalletNotFound = "WALLET_NOT_FOUND": NotFound,
    /// The wallet id is taken.
    WalletAlreadyExists = "WALLET_ALREADY_EXISTS": AlreadyExists,
    /// The wallet breaks a rule: every violation is listed.
    InvalidWallet = "INVALID_WALLET": InvalidArgument,
    /// No such campaign.
    CampaignNotFound = "CAMPAIGN_NOT_FOUND": NotFound,
    /// The campaign id is taken.
    CampaignAlreadyExists = "CAMPAIGN_ALREADY_EXISTS": AlreadyExists,
    /// The campaign breaks a rule: every violation is listed.
    InvalidCampaign = "INVALID_CAMPAIGN": InvalidArgument,
    /// The campaign's state does not allow the step or the change.
    CampaignStateConflict = "CAMPAIGN_STATE_CONFLICT": FailedPrecondition,
    /// No such reward.
    RewardNotFound = "REWARD_NOT_FOUND": NotFound,
    /// The reward id is taken.
    RewardAlreadyExists = "REWARD_ALREADY_EXISTS": AlreadyExists,
    /// The reward breaks a rule: every violation is listed.
    InvalidReward = "INVALID_REWARD": InvalidArgument,
    /// The reward cannot be redeemed, or its stock cannot be changed, as it is now.
    RewardNotAvailable = "REWARD_NOT_AVAILABLE": FailedPrecondition,
    /// Fewer units are left than asked for.
    RewardOutOfStock = "REWARD_OUT_OF_STOCK": FailedPrecondition,
    /// The member has redeemed as many units as the reward allows.
    RewardLimitReached = "REWARD_LIMIT_REACHED": FailedPrecondition,
    /// No such redemption.
    RedemptionNotFound = "REDEMPTION_NOT_FOUND": NotFound,
    /// The redemption's state does not allow the step.
    RedemptionStateConflict = "REDEMPTION_STATE_CONFLICT": FailedPrecondition,
    /// The terms of the reward do not allow the refund.
    RefundNotAllowed = "REFUND_NOT_ALLOWED": FailedPrecondition,
    /// No such code pool.
    CodePoolNotFound = "CODE_POOL_NOT_FOUND": NotFound,
    /// The pool has fewer codes than asked for.
    CodePoolEmpty = "CODE_POOL_EMPTY": FailedPrecondition,
    /// No such voucher.
    VoucherNotFound = "VOUCHER_NOT_FOUND": NotFound,
    /// The voucher cannot be used: not yet, no more, or not by this member.
    VoucherNotUsable = "VOUCHER_NOT_USABLE": FailedPrecondition,
    /// The voucher gives nothing for this order.
    VoucherNotApplicable = "VOUCHER_NOT_APPLICABLE": FailedPrecondition,
    /// The text is no code, or was mistyped.
    InvalidCode = "INVALID_CODE": InvalidArgument,
    /// The program has no such tier set, or no such version of it.
    TierSetNotFound = "TIER_SET_NOT_FOUND": NotFound,
    /// The tier set id is taken.
    TierSetAlreadyExists = "TIER_SET_ALREADY_EXISTS": AlreadyExists,
    /// The tier set breaks a rule: every violation is listed.
    InvalidTierSet = "INVALID_TIER_SET": InvalidArgument,
    /// The member has no such tier grant.
    TierGrantNotFound = "TIER_GRANT_NOT_FOUND": NotFound,
}
