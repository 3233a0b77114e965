//! The ways to reach the suite besides plain gRPC: compressed, and from a browser.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use prost::Message as _;
use rapport_contract::profile::v1::{
    CreateCustomerRequest, Customer, GetCustomerRequest, profile_service_client::ProfileServiceClient,
};
use tonic::codec::CompressionEncoding;

use crate::suite_process::SuiteProcess;

/// A text that compresses well.
fn long_name() -> String {
    "Ada ".repeat(50).trim().to_owned()
}

fn creation(id: &str) -> CreateCustomerRequest {
    CreateCustomerRequest {
        customer_id: id.to_owned(),
        customer: Some(Customer {
            display_name: long_name(),
            ..Customer::default()
        }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_answers_can_be_compressed_with_gzip_and_zstd() {
    let folder = tempfile::tempdir().unwrap();
    let suite = SuiteProcess::start(folder.path());
    for (id, encoding, name) in [
        ("gzip", CompressionEncoding::Gzip, "gzip"),
        ("zstd", CompressionEncoding::Zstd, "zstd"),
    ] {
        let mut client = ProfileServiceClient::new(suite.channel().await)
            .send_compressed(encoding)
            .accept_compressed(encoding);
        let created = client.create_customer(creation(id)).await.unwrap();
        let said = created
            .metadata()
            .get("grpc-encoding")
            .map(|value| value.to_str().unwrap());
        assert_eq!(said, Some(name), "the answer's encoding");
        assert_eq!(created.into_inner().display_name, long_name());
    }
    suite.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_reaches_every_method_by_grpc_web() {
    let folder = tempfile::tempdir().unwrap();
    let suite = SuiteProcess::start(folder.path());
    let mut client = ProfileServiceClient::new(suite.channel().await);
    client.create_customer(creation("ada")).await.unwrap();
    let request = GetCustomerRequest {
        name: "customers/ada".to_owned(),
    };
    let (head, body) = post(&suite, "/rapport.profile.v1.ProfileService/GetCustomer", &request);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    assert!(
        head.contains("content-type: application/grpc-web+proto"),
        "{head}"
    );
    let length = u32::from_be_bytes(body[1..5].try_into().unwrap()) as usize;
    let customer = Customer::decode(&body[5..5 + length]).unwrap();
    assert_eq!(customer.display_name, long_name());
    let trailer = String::from_utf8_lossy(&body[5 + length..]).into_owned();
    assert!(trailer.contains("grpc-status:0"), "{trailer:?}");
    suite.stop();
}

#[test]
fn a_client_that_never_hangs_up_does_not_keep_the_suite_from_ending_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let suite = SuiteProcess::start(folder.path());
    let mut silent = TcpStream::connect(suite.address()).unwrap();
    // The preface of HTTP/2 and empty settings; what the server says is never answered.
    silent.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    silent.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();
    let mut said = [0; 9];
    silent.read_exact(&mut said).unwrap();
    suite.stop();
}

/// Sends a message as a browser would, and gives the head and the body of the answer.
fn post(suite: &SuiteProcess, path: &str, message: &GetCustomerRequest) -> (String, Vec<u8>) {
    let message = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let mut connection = TcpStream::connect(suite.address()).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // HTTP/1.0 in all but name: the server ends the answer by closing the connection.
    write!(
        connection,
        "POST {path} HTTP/1.1\r\nhost: suite\r\norigin: http://localhost:3000\r\nx-grpc-web: 1\r\nconnection: close\r\n\
         content-type: application/grpc-web+proto\r\ncontent-length: {}\r\n\r\n",
        frame.len()
    )
    .unwrap();
    connection.write_all(&frame).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(&answer)));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let body = unchunked(&answer[end + 4..]);
    (head, body)
}

/// The bytes of a body that was sent in chunks.
fn unchunked(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + length]);
        chunks = &chunks[end + 2 + length + 2..];
    }
    body
}
