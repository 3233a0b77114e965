//! What tests are started on is itself tried out.

use rapport_testkit::Postgres;

#[test]
fn a_killed_server_comes_back_on_its_port_with_all_that_was_committed() {
    let mut server = Postgres::start();
    server.create_database("kept");
    server.sql(
        "kept",
        "CREATE TABLE number (id BIGINT); INSERT INTO number VALUES (7)",
    );
    let address = server.address();
    for _ in 0..3 {
        server.kill();
        assert!(
            std::net::TcpStream::connect(address).is_err(),
            "a killed server answers"
        );
        server.restart();
        assert_eq!(server.address(), address);
        assert_eq!(server.sql("kept", "SELECT id FROM number"), "7");
    }
}
