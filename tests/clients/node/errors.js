// Reads what a refused call says: the reason, and the fields that are wrong (google.rpc.Status with its details).
'use strict';

const protobuf = require('protobufjs');

const { root } = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; }
    repeated FieldViolation field_violations = 1;
  }
`);

/** The reason and the violations of a refused call. */
function describe(error) {
  const [encoded] = error.metadata.get('grpc-status-details-bin');
  const described = { reason: '', violations: [] };
  for (const detail of root.lookupType('google.rpc.Status').decode(encoded).details) {
    const name = detail.typeUrl.split('/').pop();
    if (name === 'google.rpc.ErrorInfo') {
      described.reason = root.lookupType(name).decode(detail.value).reason;
    } else if (name === 'google.rpc.BadRequest') {
      described.violations = root.lookupType(name).decode(detail.value).fieldViolations;
    }
  }
  return described;
}

module.exports = { describe };
