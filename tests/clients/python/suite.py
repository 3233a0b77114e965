"""Calls the methods of Rapport by name with plain dictionaries.

Nothing is generated: the server describes its own contract by reflection.
"""

import time

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status


class Refused(Exception):
    """A refused call: its reason, what it says, and the fields that are wrong."""

    def __init__(self, error):
        super().__init__(error.details())
        self.code = error.code().name
        self.message = error.details()
        self.reason = ""
        self.violations = []
        for detail in rpc_status.from_call(error).details:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                self.reason = info.reason
            elif detail.Unpack(bad):
                self.violations = [(found.field, found.description) for found in bad.field_violations]


class Suite:
    """Connections to a running suite: to one address, or to one for each service.

    `127.0.0.1:50051`, or `profile=127.0.0.1:50051,loyalty=127.0.0.1:50054` and so on.
    """

    def __init__(self, addresses):
        self.connections = {}
        for part in addresses.split(","):
            service, _, address = part.rpartition("=")
            channel = grpc.insecure_channel(address)
            self.connections[service] = channel, DescriptorPool(ProtoReflectionDescriptorDatabase(channel))

    def call(self, method, **request):
        """Calls a method such as `loyalty.v1.LoyaltyService/GetBalance` and gives its answer as a dictionary."""
        service, name = f"rapport.{method}".split("/")
        package = method.split(".")[0]
        channel, pool = self.connections[package if package in self.connections else ""]
        described = pool.FindServiceByName(service).FindMethodByName(name)
        answer_class = message_factory.GetMessageClass(described.output_type)
        send = channel.unary_unary(
            f"/{service}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer_class.FromString,
        )
        message = message_factory.GetMessageClass(described.input_type)()
        json_format.ParseDict(request, message)
        try:
            answer = send(message, timeout=10)
        except grpc.RpcError as error:
            raise Refused(error) from None
        return json_format.MessageToDict(answer, preserving_proto_field_name=True)

    def call_until(self, is_there, method, **request):
        """Calls a method that reads until what another service does has arrived; gives up after ten seconds."""
        give_up = time.monotonic() + 10
        while True:
            answer = self.call(method, **request)
            if is_there(answer):
                return answer
            if time.monotonic() > give_up:
                raise TimeoutError(f"{method} still answers {answer}")
            time.sleep(0.02)
