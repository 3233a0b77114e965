"""Reads the events of Rapport from NATS JetStream, and prints each as a line of JSON.

    python subscribe.py --url nats://127.0.0.1:4222 --tenant harbour --type rapport.profile.v1.PurchaseRecorded

Nothing is generated: events are decoded with the descriptor set that belongs to the contract. With --name the place in
the stream is kept by the broker: a second run goes on where the first one stopped. An event can come more than once;
whoever must not count it twice remembers `ce-id`.
"""

import argparse
import asyncio
import json
import pathlib
import urllib.parse

import nats
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from nats.js import api

CONTRACT = pathlib.Path(__file__).parents[3] / "proto" / "descriptor_set.binpb"


class Contract:
    """Decodes the messages of the contract by their full names."""

    def __init__(self, path):
        described = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(path).read_bytes())
        self.pool = descriptor_pool.DescriptorPool()
        for file in described.file:
            self.pool.Add(file)

    def decode(self, name, payload):
        message_class = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))
        message = message_class.FromString(payload)
        return json_format.MessageToDict(message, preserving_proto_field_name=True)


def read(contract, message):
    """An event as a dictionary: the CloudEvents attributes, the trace it belongs to, and the decoded data."""
    headers = message.headers
    attributes = {
        name.removeprefix("ce-"): urllib.parse.unquote(value)
        for name, value in headers.items()
        if name.startswith("ce-")
    }
    return {
        "attributes": attributes,
        "traceparent": headers.get("traceparent"),
        "data": contract.decode(attributes["type"], message.data),
    }


def subject(stream, tenant, message_type):
    """The subject of the events that are asked for. A dot in a tenant's name is written %2E."""
    token = tenant.replace("%", "%25").replace(".", "%2E") if tenant else "*"
    return f"{stream}.events.*.{token}.{message_type or '>'}"


async def main(arguments):
    contract = Contract(arguments.contract)
    connection = await nats.connect(arguments.url)
    subscription = await connection.jetstream().subscribe(
        subject(arguments.stream, arguments.tenant, arguments.type),
        stream=arguments.stream,
        durable=arguments.name,
        manual_ack=True,
        config=api.ConsumerConfig(deliver_policy=api.DeliverPolicy.ALL),
    )
    taken = 0
    async for message in subscription.messages:
        print(json.dumps(read(contract, message), ensure_ascii=False), flush=True)
        # Only now: an event that was not dealt with comes again.
        await message.ack_sync()
        taken += 1
        if taken == arguments.count:
            break
    await connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Prints the events of Rapport.")
    parser.add_argument("--url", default="nats://127.0.0.1:4222", help="address of the NATS server")
    parser.add_argument("--stream", default="rapport", help="name of the stream")
    parser.add_argument("--tenant", help="events of this tenant only")
    parser.add_argument("--type", help="events of this message only, such as rapport.profile.v1.PurchaseRecorded")
    parser.add_argument("--name", help="name under which the broker keeps the place in the stream")
    parser.add_argument("--count", type=int, help="ends after this many events")
    parser.add_argument("--contract", default=CONTRACT, help="descriptor set of the contract")
    asyncio.run(main(parser.parse_args()))
