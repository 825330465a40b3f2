// Who has to show who he is: what is answered before, in which order, and what becomes of who fails.
#include <gmock/gmock.h>

#include "io/signal.h"
#include "service/service_bed_test.h"

namespace sluice::service {
namespace {

// Two steps: the name, and a password.
struct TwoSteps final : Login {
  explicit TwoSteps(io::Signal* signal = nullptr, const bool* goes_on = nullptr) : hold(signal), released(goes_on) {}
  Task<std::string> mechanisms() override { co_return "FAKE,OTHER"; }
  Task<LoginStep> start(std::string mechanism, remote::SaslBytes first) override {
    if (mechanism != "FAKE" || !first) io::fail(Code::auth_failed, "no such mechanism, or no name");
    name = as_text(*first);
    co_return LoginStep{.data = Buffer{}, .complete = false};
  }
  Task<LoginStep> step(remote::SaslBytes data) override {
    if (hold != nullptr) co_await hold->until([this] { return *released; });
    if (!data || as_text(*data) != "secret") io::fail(Code::auth_failed, "the password of " + name + " is another one");
    co_return LoginStep{.data = std::nullopt, .complete = true};
  }
  std::string user() const override { return name; }

  std::string name;
  io::Signal* hold;
  const bool* released;
};

BedOptions asked() {
  return {.login = [](const io::Identity&) -> std::unique_ptr<Login> { return std::make_unique<TwoSteps>(); }};
}

template <class Fields>
Fields with(Fields fields, std::string_view text) {
  const Bytes bytes = as_bytes(text);
  set_sasl_data(fields, Buffer(bytes.begin(), bytes.end()));
  return fields;
}

Task<> log_in(Bed& bed) {
  static_cast<void>(co_await bed.call(AuthSaslInit{}));
  static_cast<void>(co_await bed.call(with(AuthSaslStart{.mech = "FAKE"}, "alice")));
  static_cast<void>(co_await bed.call(with(AuthSaslStep{}, "secret")));
}

Task<> expect_refused(Bed& bed, Task<Error> failing) {
  const Error refused = co_await std::move(failing);
  EXPECT_EQ(refused.code, Code::auth_failed);
  EXPECT_EQ(refused.message, "authentication failed");
  const Error gone = co_await failure_of(bed.call(AuthList{}));
  EXPECT_NE(gone.code, Code::ok);
}

TEST(Authentication, ComesBeforeEverythingElse) {
  with_service(
      [](Bed& bed) -> Task<> {
        EXPECT_EQ((co_await bed.call(AuthList{})).types.items, std::vector<std::int32_t>{1});
        const Error early = co_await failure_of(bed.open());
        EXPECT_EQ(early.code, Code::rpc);
        EXPECT_EQ((co_await bed.call(AuthSaslInit{})).mechlist, "FAKE,OTHER");
        const auto started = co_await bed.call(with(AuthSaslStart{.mech = "FAKE"}, "alice"));
        EXPECT_EQ(started.complete, 0);
        EXPECT_EQ(started.nil, 0) << "empty is not none";
        EXPECT_EQ((co_await failure_of(bed.open())).code, Code::rpc);
        const auto done = co_await bed.call(with(AuthSaslStep{}, "secret"));
        EXPECT_EQ(done.complete, 1);
        EXPECT_EQ(done.nil, 1);
        co_await bed.open();
      },
      asked());
}

TEST(Authentication, AWrongAnswerEndsTheConnectionAndGivesNoReason) {
  with_service(
      [](Bed& bed) -> Task<> {
        static_cast<void>(co_await bed.call(AuthSaslInit{}));
        static_cast<void>(co_await bed.call(with(AuthSaslStart{.mech = "FAKE"}, "alice")));
        co_await expect_refused(bed, failure_of(bed.call(with(AuthSaslStep{}, "guess"))));
      },
      asked());
}

TEST(Authentication, NoneAndEmptyAreDifferent) {
  with_service(
      [](Bed& bed) -> Task<> {
        static_cast<void>(co_await bed.call(AuthSaslInit{}));
        AuthSaslStart start{.mech = "FAKE"};
        set_sasl_data(start, std::nullopt);
        co_await expect_refused(bed, failure_of(bed.call(std::move(start))));
      },
      asked());
}

TEST(Authentication, StepsOutOfTurnAreRefused) {
  with_service(
      [](Bed& bed) -> Task<> { co_await expect_refused(bed, failure_of(bed.call(with(AuthSaslStep{}, "x")))); },
      asked());
  with_service(
      [](Bed& bed) -> Task<> {
        static_cast<void>(co_await bed.call(AuthSaslInit{}));
        co_await expect_refused(bed, failure_of(bed.call(AuthSaslInit{})));
      },
      asked());
}

TEST(Authentication, AStepMeanwhileAnotherIsComputedRefusesBoth) {
  io::Signal hold;
  bool released = false;
  int known = 0;
  BedOptions options{.login = [&](const io::Identity&) -> std::unique_ptr<Login> {
    return std::make_unique<TwoSteps>(&hold, &released);
  }};
  options.role_of = [&known](const io::Identity&) {
    ++known;
    return Role::admin;
  };
  with_service(
      [&](Bed& bed) -> Task<> {
        static_cast<void>(co_await bed.call(AuthSaslInit{}));
        static_cast<void>(co_await bed.call(with(AuthSaslStart{.mech = "FAKE"}, "alice")));
        Error first, second;
        auto right = [&]() -> Task<> { first = co_await failure_of(bed.call(with(AuthSaslStep{}, "secret"))); };
        auto again = [&]() -> Task<> {
          second = co_await failure_of(bed.call(with(AuthSaslStep{}, "secret")));
          released = true;
          hold.notify();
        };
        auto both = [&](io::Scope& scope) -> Task<> {
          scope.spawn(right());
          scope.spawn(again());
          co_await scope.join();
        };
        co_await io::scoped(both);
        EXPECT_EQ(second.code, Code::auth_failed);
        EXPECT_NE(first.code, Code::ok);
      },
      options);
  EXPECT_EQ(known, 0) << "nobody is let in by one that was right after one that was wrong";
}

TEST(Authentication, TheRoleIsThatOfWhoHeHasShownToBe) {
  std::vector<std::string> asked_of;
  BedOptions options = asked();
  options.role_of = [&asked_of](const io::Identity& who) {
    asked_of.push_back(who.principal());
    return Role::monitor;
  };
  with_service(
      [&](Bed& bed) -> Task<> {
        static_cast<void>(co_await bed.call(AuthSaslInit{}));
        EXPECT_TRUE(asked_of.empty()) << "nobody has a role before he is known";
        static_cast<void>(co_await bed.call(with(AuthSaslStart{.mech = "FAKE"}, "alice")));
        static_cast<void>(co_await bed.call(with(AuthSaslStep{}, "secret")));
        EXPECT_EQ(asked_of, std::vector<std::string>{"user alice"});
        co_await bed.open();
        EXPECT_EQ((co_await failure_of(bed.call(DomainDefineXml{.xml = definition("web1")}))).code,
                  Code::operation_denied);
      },
      options);
}

TEST(Authentication, WhoMayDoNothingIsToldWhenHeOpens) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await log_in(bed);
        const Error refused = co_await failure_of(bed.open());
        EXPECT_EQ(refused.code, Code::operation_denied);
        EXPECT_EQ(refused.message, "by the rules of this daemon user alice may do nothing");
      },
      [] {
        BedOptions options = asked();
        options.role = Role::none;
        return options;
      }());
}

TEST(Authentication, WhoIsKnownCannotBecomeSomebodyElse) {
  with_service(
      [](Bed& bed) -> Task<> {
        co_await log_in(bed);
        co_await bed.open();
        EXPECT_EQ((co_await failure_of(bed.call(AuthSaslInit{}))).code, Code::auth_failed);
        EXPECT_EQ((co_await failure_of(bed.call(with(AuthSaslStart{.mech = "FAKE"}, "root")))).code, Code::auth_failed);
        EXPECT_EQ((co_await bed.call(ConnectGetUri{})).uri, "test:///default") << "the connection goes on";
      },
      asked());
}

TEST(Authentication, IsRefusedWhereNobodyAsksForIt) {
  with_service([](Bed& bed) -> Task<> {
    EXPECT_EQ((co_await bed.call(AuthList{})).types.items, std::vector<std::int32_t>{0});
    EXPECT_EQ((co_await failure_of(bed.call(AuthSaslInit{}))).code, Code::auth_failed);
    EXPECT_EQ((co_await failure_of(bed.call(AuthPolkit{}))).code, Code::auth_failed);
    co_await bed.open();
  });
}

}  // namespace
}  // namespace sluice::service
