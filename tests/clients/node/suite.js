// Calls the methods of Rapport by name with plain objects. Nothing is generated: the contract is read from proto/.
'use strict';

const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const PROTO = path.join(__dirname, '../../../proto');

const contract = grpc.loadPackageDefinition(
  loader.loadSync(
    [
      ...['profile', 'feedback', 'satisfaction', 'loyalty'].map((service) => `rapport/${service}/v1/${service}_service.proto`),
      'rapport/loyalty/v1/ledger_service.proto',
    ],
    { includeDirs: [PROTO, path.join(PROTO, 'third_party')], keepCase: true, longs: Number, enums: String },
  ),
).rapport;

/** A connection to a running suite. */
class Suite {
  constructor(address) {
    const insecure = grpc.credentials.createInsecure();
    this.clients = {
      'profile.v1.ProfileService': new contract.profile.v1.ProfileService(address, insecure),
      'feedback.v1.FeedbackService': new contract.feedback.v1.FeedbackService(address, insecure),
      'satisfaction.v1.SatisfactionService': new contract.satisfaction.v1.SatisfactionService(address, insecure),
      'loyalty.v1.LoyaltyService': new contract.loyalty.v1.LoyaltyService(address, insecure),
      'loyalty.v1.LedgerService': new contract.loyalty.v1.LedgerService(address, insecure),
    };
  }

  /** Calls a method such as `loyalty.v1.LoyaltyService/GetBalance` and gives its answer. */
  call(method, request) {
    const [service, name] = method.split('/');
    const deadline = Date.now() + 10_000;
    return new Promise((resolve, reject) => {
      this.clients[service][name](request, { deadline }, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  /** Calls a method that reads until what another service does has arrived; gives up after ten seconds. */
  async callUntil(isThere, method, request) {
    const giveUp = Date.now() + 10_000;
    for (;;) {
      const answer = await this.call(method, request);
      if (isThere(answer)) return answer;
      if (Date.now() > giveUp) throw new Error(`${method} still answers ${JSON.stringify(answer)}`);
      await sleep(20);
    }
  }

  close() {
    Object.values(this.clients).forEach((client) => client.close());
  }
}

module.exports = { Suite };
