//! H: a call of `tonic` with nothing behind it.

use std::{convert::Infallible, future::Ready, task::Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use rapport_contract::{
    instant,
    loyalty::v1::{EarnPointsRequest, LotMovement, Transaction, TransactionKind},
};
use tokio::net::TcpListener;
use tonic::{
    Status,
    body::Body,
    server::{Grpc, NamedService, UnaryService},
    transport::{Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::Outcome;

/// Answers every call at once with a transaction such as the loyalty service gives.
#[derive(Debug, Clone)]
struct Bare;

impl UnaryService<EarnPointsRequest> for Bare {
    type Response = Transaction;
    type Future = Ready<Result<tonic::Response<Transaction>, Status>>;

    fn call(&mut self, request: tonic::Request<EarnPointsRequest>) -> Self::Future {
        let request = request.into_inner();
        let now = instant::to_wire(jiff::Timestamp::now());
        let id = uuid::Uuid::now_v7().to_string();
        std::future::ready(Ok(tonic::Response::new(Transaction {
            name: format!("{}/transactions/{id}", request.member),
            kind: TransactionKind::Earn.into(),
            points: request.points,
            post_time: Some(now),
            reason: request.reason,
            cause: request.request_id,
            lots: vec![LotMovement {
                lot: id,
                points: request.points,
                expire_time: Some(now),
            }],
            available_points: request.points,
            wallet: "points".to_owned(),
            ..Transaction::default()
        })))
    }
}

impl Service<Request<Body>> for Bare {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async move {
            let codec: ProstCodec<Transaction, EarnPointsRequest> = ProstCodec::default();
            Ok(Grpc::new(codec).unary(Self, request).await)
        })
    }
}

impl NamedService for Bare {
    const NAME: &'static str = "rapport.loyalty.v1.LoyaltyService";
}

/// Serves until the process ends.
pub async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("bare is ready at http://{}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(Bare)
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}
