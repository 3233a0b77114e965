//! Which methods stream: the contract says so.

use std::{collections::HashMap, sync::LazyLock};

use prost::Message as _;
use prost_types::FileDescriptorSet;

/// How messages go through a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The caller sends any number of messages.
    pub(crate) request_streams: bool,
    /// The service sends any number of messages.
    pub(crate) answer_streams: bool,
}

static STREAMING: LazyLock<HashMap<String, Shape>> = LazyLock::new(|| {
    // The set is part of the program and decodes, or the contract's own tests fail.
    let set = FileDescriptorSet::decode(rapport_contract::DESCRIPTOR_SET).unwrap_or_default();
    let services = set.file.iter().flat_map(|file| {
        let package = file.package();
        file.service.iter().map(move |service| (package, service))
    });
    services
        .flat_map(|(package, service)| {
            service.method.iter().map(move |method| {
                let path = format!("/{package}.{}/{}", service.name(), method.name());
                let shape = Shape {
                    request_streams: method.client_streaming(),
                    answer_streams: method.server_streaming(),
                };
                (path, shape)
            })
        })
        .collect()
});

/// The shape of the method with a path. What is not of this contract is taken to stream both ways: nothing of it is
/// held back or sent again.
pub(crate) fn shape(path: &str) -> Shape {
    STREAMING.get(path).copied().unwrap_or(Shape {
        request_streams: true,
        answer_streams: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_contract_has_its_shape() {
        for method in rapport_contract::policy::METHODS {
            assert!(STREAMING.contains_key(method.path), "{}", method.path);
        }
        let shape_of = |path| {
            let shape = shape(path);
            (shape.request_streams, shape.answer_streams)
        };
        assert_eq!(
            shape_of("/rapport.loyalty.v1.LoyaltyService/EarnPoints"),
            (false, false)
        );
        assert_eq!(
            shape_of("/rapport.loyalty.v1.LoyaltyService/VerifyLedger"),
            (false, true)
        );
        assert_eq!(
            shape_of("/rapport.profile.v1.ProfileService/ImportPurchases"),
            (true, false)
        );
        assert_eq!(shape_of("/grpc.health.v1.Health/Check"), (true, true));
    }
}
