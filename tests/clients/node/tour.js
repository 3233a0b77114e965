// The five-minute tour of Rapport: node tour.js [127.0.0.1:50051]
//
// It can be taken again: the same calls give the same answers, and change nothing.
'use strict';

const { status } = require('@grpc/grpc-js');
const { describe } = require('./errors');
const { Suite } = require('./suite');

async function tour(suite) {
  // Loyalty: a program that gives a point for each dollar, and 200 when something went wrong.
  const program = await suite.call('loyalty.v1.LoyaltyService/CreateProgram', {
    program_id: 'harbour-club',
    program: {
      title: 'Harbour Club',
      earning_rule: { currency_code: 'USD', points: 1, per_amount_minor: 100 },
      compensation_rules: [{ priority: 'PRIORITY_HIGH', points: 200 }],
      lifetime_months: 24,
    },
  });
  console.log('program   ', program.name);

  // Profile: a customer, and his membership.
  const customer = await suite.call('profile.v1.ProfileService/CreateCustomer', {
    customer_id: 'charles',
    customer: {
      display_name: 'Charles Example',
      identities: [{ type: 'IDENTITY_TYPE_EMAIL', value: 'charles@example.com' }],
    },
  });
  const member = await suite.call('loyalty.v1.LoyaltyService/EnrolMember', {
    parent: program.name,
    customer: customer.name,
  });
  console.log('member    ', member.name);

  // A purchase earns points by itself.
  await suite.call('profile.v1.ProfileService/RecordPurchase', {
    parent: customer.name,
    purchase: {
      source: 'till',
      source_id: 'tour-node',
      kind: 'PURCHASE_KIND_SALE',
      purchase_time: { seconds: Date.parse('2025-06-01T10:15:00Z') / 1000 },
      amount: { currency_code: 'USD', units: 42, nanos: 500_000_000 },
      quantity: 1,
      location: 'harbour hotel',
    },
  });
  const earned = await suite.callUntil(
    (balance) => balance.available_points >= 42,
    'loyalty.v1.LoyaltyService/GetBalance',
    { name: `${member.name}/balance` },
  );
  console.log('balance   ', earned.available_points, 'points after the purchase');

  // Feedback: a survey, and a rule that opens a case when somebody would not recommend us.
  await suite.call('feedback.v1.FeedbackService/CreateSurvey', {
    survey_id: 'after-the-stay',
    survey: {
      title: 'After the stay',
      questions: [
        {
          id: 'recommend',
          text: [{ language: 'en', text: 'How likely are you to recommend us?' }],
          required: true,
          recommendation: {},
        },
        {
          id: 'stay',
          text: [{ language: 'en', text: 'How satisfied were you with your stay?' }],
          dimension: 'satisfaction',
          satisfaction: {},
        },
      ],
      case_rules: [{ question: 'recommend', at_most: 6, priority: 'PRIORITY_HIGH' }],
    },
  });
  const survey = await suite.call('feedback.v1.FeedbackService/PublishSurvey', { name: 'surveys/after-the-stay' });
  console.log('survey    ', survey.name, 'takes answers');

  // A low answer opens a case. Sent again with the same request id, it is still one answer.
  const answers = await suite.call('feedback.v1.FeedbackService/SubmitAnswerSet', {
    request_id: 'tour-node',
    answer_set: {
      survey: survey.name,
      customer: customer.name,
      answers: [
        { question: 'recommend', score: 3 },
        { question: 'stay', score: 2 },
      ],
      answer_time: { seconds: Date.parse('2025-06-02T09:00:00Z') / 1000 },
    },
  });
  const opened = await suite.call('feedback.v1.FeedbackService/GetCase', { name: answers.opened_case });
  console.log('case      ', opened.subject);

  // Resolved with compensation, it gives points.
  await suite.call('feedback.v1.FeedbackService/ResolveCase', {
    name: opened.name,
    resolution: 'Called, apologised, and changed the room.',
    compensate: true,
  });
  const compensated = await suite.callUntil(
    (balance) => balance.available_points >= 242,
    'loyalty.v1.LoyaltyService/GetBalance',
    { name: `${member.name}/balance` },
  );
  console.log('balance   ', compensated.available_points, 'points after the compensation');

  // Customer 360: all of it in one answer.
  const view = await suite.callUntil((found) => found.satisfaction, 'profile.v1.ProfileService/GetCustomerView', {
    name: `${customer.name}/view`,
  });
  const [membership] = view.memberships;
  console.log('view      ', view.customer.display_name);
  console.log('            bought', view.latest_purchases.length, 'time(s)');
  console.log('            would recommend us:', view.satisfaction.latest_nps, 'of 10');
  console.log('            has', membership.available_points, 'points in', membership.program_title);
  console.log('            open cases:', (view.open_cases ?? []).length);

  // Satisfaction itself says the same.
  const satisfaction = await suite.call('satisfaction.v1.SatisfactionService/GetCustomerSatisfaction', {
    name: `${customer.name}/satisfaction`,
  });
  console.log('satisfied ', satisfaction.latest_csat, 'of 5');

  // A second kind of points, added while the program lives. They wait until he has checked out, and what he spends comes
  // back in part.
  const nights = await suite.call('loyalty.v1.LedgerService/CreateWallet', {
    parent: program.name,
    wallet_id: 'nights',
    wallet: { title: 'Nights', expiry: { rolling: { months: 12, rounding: 'EXPIRY_ROUNDING_QUARTER' } } },
  });
  console.log('wallet    ', nights.name);
  const ofNights = { member: member.name, wallet: 'nights' };
  await suite.call('loyalty.v1.LoyaltyService/EarnPoints', {
    ...ofNights,
    request_id: 'tour-node-nights',
    points: 5,
    reason: 'a stay of five nights',
    release_key: 'stay-1',
  });
  const released = await suite.call('loyalty.v1.LedgerService/ReleasePendingPoints', {
    ...ofNights,
    request_id: 'tour-node-checkout',
    release_key: 'stay-1',
    reason: 'checked out',
  });
  const spent = await suite.call('loyalty.v1.LoyaltyService/RedeemPoints', {
    ...ofNights,
    request_id: 'tour-node-night',
    points: 4,
    reason: 'an upgrade',
  });
  const reversal = { name: spent.name, points: 3, reason: 'the room was not ready' };
  const back = await suite.call('loyalty.v1.LedgerService/ReverseTransaction', {
    ...reversal,
    request_id: 'tour-node-back',
  });
  const sameLot = back.lots[0].lot === spent.lots[0].lot;
  console.log(`nights     ${released.points} released, ${spent.points} spent, ${back.points} back in the same lot: ${sameLot}`);
  const { balances } = await suite.call('loyalty.v1.LedgerService/GetBalances', { name: member.name });
  console.log('balances  ', balances.map((each) => `${each.available_points} ${each.wallet}`).join(', '));

  // No more comes back than was spent.
  try {
    await suite.call('loyalty.v1.LedgerService/ReverseTransaction', { ...reversal, request_id: 'tour-node-more' });
  } catch (error) {
    console.log('refused   ', status[error.code], describe(error).reason);
  }

  // A wrong call says everything that is wrong about it at once, for programs and for people.
  try {
    await suite.call('profile.v1.ProfileService/RecordPurchase', {
      parent: customer.name,
      purchase: { source: 'TILL 1', quantity: -1 },
    });
  } catch (error) {
    const { reason, violations } = describe(error);
    console.log('refused   ', status[error.code], reason);
    violations.forEach(({ field, description }) => console.log(`            ${field}: ${description}`));
  }
}

const suite = new Suite(process.argv[2] ?? '127.0.0.1:50051');
tour(suite)
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => suite.close());
