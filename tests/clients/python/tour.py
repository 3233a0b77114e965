"""The five-minute tour of Rapport: python tour.py [127.0.0.1:50051]

Services at addresses of their own are given as profile=HOST:PORT,feedback=HOST:PORT,satisfaction=HOST:PORT,loyalty=HOST:PORT.
It can be taken again: the same calls give the same answers, and change nothing.
"""

import sys

from suite import Refused, Suite

suite = Suite(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051")

# Loyalty: a program that gives a point for each dollar, and 200 when something went wrong.
program = suite.call(
    "loyalty.v1.LoyaltyService/CreateProgram",
    program_id="harbour-club",
    program={
        "title": "Harbour Club",
        "earning_rule": {"currency_code": "USD", "points": 1, "per_amount_minor": 100},
        "compensation_rules": [{"priority": "PRIORITY_HIGH", "points": 200}],
        "lifetime_months": 24,
    },
)
print("program   ", program["name"])

# Profile: a customer, and her membership.
customer = suite.call(
    "profile.v1.ProfileService/CreateCustomer",
    customer_id="ada",
    customer={
        "display_name": "Ada Example",
        "identities": [{"type": "IDENTITY_TYPE_EMAIL", "value": "ada@example.com"}],
    },
)
member = suite.call("loyalty.v1.LoyaltyService/EnrolMember", parent=program["name"], customer=customer["name"])
print("member    ", member["name"])

# A purchase earns points by itself.
purchase = suite.call(
    "profile.v1.ProfileService/RecordPurchase",
    parent=customer["name"],
    purchase={
        "source": "till",
        "source_id": "tour-python",
        "kind": "PURCHASE_KIND_SALE",
        "purchase_time": "2025-06-01T10:15:00Z",
        "amount": {"currency_code": "USD", "units": 42, "nanos": 500_000_000},
        "quantity": 1,
        "location": "harbour hotel",
    },
)
balance = suite.call_until(
    lambda balance: int(balance.get("available_points", 0)) >= 42,
    "loyalty.v1.LoyaltyService/GetBalance",
    name=f"{member['name']}/balance",
)
print("balance   ", balance["available_points"], "points after the purchase")

# Feedback: a survey, and a rule that opens a case when somebody would not recommend us.
suite.call(
    "feedback.v1.FeedbackService/CreateSurvey",
    survey_id="after-the-stay",
    survey={
        "title": "After the stay",
        "questions": [
            {
                "id": "recommend",
                "text": [{"language": "en", "text": "How likely are you to recommend us?"}],
                "required": True,
                "recommendation": {},
            },
            {
                "id": "stay",
                "text": [{"language": "en", "text": "How satisfied were you with your stay?"}],
                "dimension": "satisfaction",
                "satisfaction": {},
            },
        ],
        "case_rules": [{"question": "recommend", "at_most": 6, "priority": "PRIORITY_HIGH"}],
    },
)
survey = suite.call("feedback.v1.FeedbackService/PublishSurvey", name="surveys/after-the-stay")
print("survey    ", survey["name"], "takes answers")

# A low answer opens a case. Sent again with the same request id, it is still one answer.
answers = suite.call(
    "feedback.v1.FeedbackService/SubmitAnswerSet",
    request_id="tour-python",
    answer_set={
        "survey": survey["name"],
        "customer": customer["name"],
        "answers": [{"question": "recommend", "score": 3}, {"question": "stay", "score": 2}],
        "answer_time": "2025-06-02T09:00:00Z",
    },
)
case = suite.call("feedback.v1.FeedbackService/GetCase", name=answers["opened_case"])
print("case      ", case["subject"])

# Resolved with compensation, it gives points.
case = suite.call(
    "feedback.v1.FeedbackService/ResolveCase",
    name=case["name"],
    resolution="Called, apologised, and changed the room.",
    compensate=True,
)
balance = suite.call_until(
    lambda balance: int(balance["available_points"]) >= 242,
    "loyalty.v1.LoyaltyService/GetBalance",
    name=f"{member['name']}/balance",
)
print("balance   ", balance["available_points"], "points after the compensation")

# Customer 360: all of it in one answer.
view = suite.call_until(
    lambda view: "satisfaction" in view,
    "profile.v1.ProfileService/GetCustomerView",
    name=f"{customer['name']}/view",
)
print("view      ", view["customer"]["display_name"])
print("            bought", len(view["latest_purchases"]), "time(s)")
print("            would recommend us:", view["satisfaction"]["latest_nps"], "of 10")
print("            has", view["memberships"][0]["available_points"], "points in", view["memberships"][0]["program_title"])
print("            open cases:", len(view.get("open_cases", [])))

# Satisfaction itself says the same.
satisfaction = suite.call(
    "satisfaction.v1.SatisfactionService/GetCustomerSatisfaction", name=f"{customer['name']}/satisfaction"
)
print("satisfied ", satisfaction["latest_csat"], "of 5")

# A second kind of points, added while the program lives. They wait until she has checked out, and what she spends comes
# back in part.
nights = suite.call(
    "loyalty.v1.LedgerService/CreateWallet",
    parent=program["name"],
    wallet_id="nights",
    wallet={"title": "Nights", "expiry": {"rolling": {"months": 12, "rounding": "EXPIRY_ROUNDING_QUARTER"}}},
)
print("wallet    ", nights["name"])
suite.call(
    "loyalty.v1.LoyaltyService/EarnPoints",
    request_id="tour-python-nights",
    member=member["name"],
    wallet="nights",
    points=5,
    reason="a stay of five nights",
    release_key="stay-1",
)
released = suite.call(
    "loyalty.v1.LedgerService/ReleasePendingPoints",
    request_id="tour-python-checkout",
    member=member["name"],
    wallet="nights",
    release_key="stay-1",
    reason="checked out",
)
spent = suite.call(
    "loyalty.v1.LoyaltyService/RedeemPoints",
    request_id="tour-python-night",
    member=member["name"],
    wallet="nights",
    points=4,
    reason="an upgrade",
)
reversal = {"name": spent["name"], "points": 3, "reason": "the room was not ready"}
back = suite.call("loyalty.v1.LedgerService/ReverseTransaction", request_id="tour-python-back", **reversal)
print("nights    ", released["points"], "released,", spent["points"], "spent,", back["points"], "back in the same lot:",
      back["lots"][0]["lot"] == spent["lots"][0]["lot"])
balances = suite.call("loyalty.v1.LedgerService/GetBalances", name=member["name"])
print("balances  ", ", ".join(f"{each['available_points']} {each['wallet']}" for each in balances["balances"]))

# No more comes back than was spent.
try:
    suite.call("loyalty.v1.LedgerService/ReverseTransaction", request_id="tour-python-more", **reversal)
except Refused as refused:
    print("refused   ", refused.code, refused.reason)

# A wrong call says everything that is wrong about it at once, for programs and for people.
try:
    suite.call(
        "profile.v1.ProfileService/RecordPurchase",
        parent=customer["name"],
        purchase={"source": "TILL 1", "quantity": -1},
    )
except Refused as refused:
    print("refused   ", refused.code, refused.reason)
    for field, description in refused.violations:
        print(f"            {field}: {description}")
