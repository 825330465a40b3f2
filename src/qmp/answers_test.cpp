#include "qmp/answers.h"

#include <gtest/gtest.h>

namespace sluice::qmp {
namespace {

json::value parsed(std::string_view text) { return json::parse(text); }

TEST(Status, IsReadFromAnAnswerOfQemu) {
  const auto status = read_status(parsed(R"({"status": "prelaunch", "singlestep": false, "running": false})"));
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->status, "prelaunch");
  EXPECT_FALSE(status->running);
}

TEST(Status, SaysWhatIsMissing) {
  EXPECT_EQ(read_status(parsed("[]")).error().message, "the monitor's query-status is not an object");
  EXPECT_EQ(read_status(parsed("{}")).error().message, "the monitor's query-status has no 'status'");
  EXPECT_EQ(read_status(parsed(R"({"status": 1, "running": true})")).error().message,
            "the monitor's query-status has a 'status' that is not a text");
  EXPECT_EQ(read_status(parsed(R"({"status": "running", "running": "yes"})")).error().message,
            "the monitor's query-status has a 'running' that is neither true nor false");
}

TEST(MigrationAnswer, IsReadAfterCompletion) {
  const auto migration = read_migration(parsed(
      R"({"status": "completed", "setup-time": 1, "downtime": 2, "total-time": 10,
          "ram": {"total": 84746240, "transferred": 1107743, "remaining": 0, "mbps": 1270.6, "dirty-sync-count": 2}})"));
  ASSERT_TRUE(migration) << migration.error().message;
  EXPECT_EQ(migration->status, MigrationStatus::completed);
  EXPECT_EQ(migration->ram_total, 84746240U);
  EXPECT_EQ(migration->ram_transferred, 1107743U);
  EXPECT_EQ(migration->ram_remaining, 0U);
  EXPECT_EQ(migration->total_time_ms, 10U);
}

TEST(MigrationAnswer, IsEmptyBeforeTheFirstMigration) {
  const auto migration = read_migration(parsed("{}"));
  ASSERT_TRUE(migration);
  EXPECT_EQ(migration->status, MigrationStatus::none);
}

TEST(MigrationAnswer, CarriesTheReasonOfAFailureInOneLine) {
  const auto migration = read_migration(parsed("{\"status\": \"failed\", \"error-desc\": \"Broken\\npipe\"}"));
  ASSERT_TRUE(migration);
  EXPECT_EQ(migration->status, MigrationStatus::failed);
  EXPECT_EQ(migration->error, "Broken pipe");
}

TEST(MigrationAnswer, RefusesWrongTypes) {
  EXPECT_EQ(read_migration(parsed(R"({"status": "active", "ram": 5})")).error().message,
            "the monitor's query-migrate has a 'ram' that is not an object");
  EXPECT_EQ(read_migration(parsed(R"({"status": "active", "ram": {"total": -1}})")).error().message,
            "the monitor's query-migrate has a 'total' that is not a number");
  EXPECT_FALSE(read_migration(parsed(R"({"status": []})")));
}

TEST(MigrationAnswer, KeepsAStatusItDoesNotKnowApart) {
  EXPECT_EQ(migration_status("pre-switchover"), MigrationStatus::pre_switchover);
  EXPECT_EQ(migration_status("cancelled"), MigrationStatus::cancelled);
  EXPECT_EQ(migration_status("postcopy-active"), MigrationStatus::other);
}

TEST(CharacterDevices, GiveThePathOfAPty) {
  const auto devices = read_character_devices(parsed(
      R"([{"frontend-open": true, "filename": "pty:/dev/pts/3", "label": "charserial0"},
          {"frontend-open": true, "filename": "unix:/run/monitor.sock,server=on", "label": "charmonitor"}])"));
  ASSERT_TRUE(devices) << devices.error().message;
  ASSERT_EQ(devices->size(), 2U);
  EXPECT_EQ(devices->front().label, "charserial0");
  EXPECT_EQ(pty_path(devices->front()), "/dev/pts/3");
  EXPECT_FALSE(pty_path(devices->back()));
}

TEST(CharacterDevices, AreNotTrustedWithOtherPaths) {
  EXPECT_FALSE(pty_path({.label = "x", .filename = "pty:/etc/passwd"}));
  EXPECT_FALSE(pty_path({.label = "x", .filename = "pty:/dev/pts/../../etc/passwd"}));
}

TEST(CharacterDevices, RefuseWhatIsNotAList) {
  EXPECT_EQ(read_character_devices(parsed("{}")).error().message, "the monitor's query-chardev is not a list");
  EXPECT_EQ(read_character_devices(parsed("[1]")).error().message, "the monitor's query-chardev is not an object");
  EXPECT_EQ(read_character_devices(parsed(R"([{"label": "x"}])")).error().message,
            "the monitor's query-chardev has no 'filename'");
}

TEST(MachineTypes, CarryTheirAliasAndTheDefault) {
  const auto types = read_machine_types(parsed(
      R"([{"name": "pc-i440fx-7.2", "alias": "pc", "is-default": true, "cpu-max": 255, "hotpluggable-cpus": true},
          {"name": "none", "cpu-max": 1}])"));
  ASSERT_TRUE(types) << types.error().message;
  EXPECT_EQ(types->front().alias, "pc");
  EXPECT_TRUE(types->front().is_default);
  EXPECT_EQ(types->front().cpus_max, 255U);
  EXPECT_EQ(types->back().alias, "");
}

TEST(EventData, OfMigrationAndShutdownIsRead) {
  EXPECT_EQ(*read_migration_event(parsed(R"({"status": "completed"})").as_object()), MigrationStatus::completed);
  EXPECT_FALSE(read_migration_event(parsed(R"({"status": 1})").as_object()));
  const auto shutdown = read_shutdown_event(parsed(R"({"guest": true, "reason": "guest-shutdown"})").as_object());
  ASSERT_TRUE(shutdown);
  EXPECT_TRUE(shutdown->guest);
  EXPECT_EQ(shutdown->reason, "guest-shutdown");
  EXPECT_FALSE(read_shutdown_event(json::object{}));
}

TEST(KvmAnswer, IsRead) {
  const auto kvm = read_kvm(parsed(R"({"enabled": false, "present": true})"));
  ASSERT_TRUE(kvm);
  EXPECT_TRUE(kvm->present);
  EXPECT_FALSE(kvm->enabled);
}

}  // namespace
}  // namespace sluice::qmp
