#include "daemon/sqlite_store.h"

#include <fstream>

#include "daemon/private_directory_test.h"
#include "io/failure.h"

namespace sluice::daemon {
namespace {

Uuid uuid(unsigned last) {
  Uuid made;
  made.bytes[15] = static_cast<std::byte>(last);
  return made;
}

std::string failure(const std::string& path) {
  try {
    SqliteStore store(path);
  } catch (const io::Failure& failed) {
    return failed.error.message;
  }
  return "";
}

TEST(SqliteStore, KeepsDefinitionsFromOneDaemonToTheNext) {
  const PrivateDirectory here;
  {
    SqliteStore store(here.path("sluice.db"));
    store.put(driver::Definition{.uuid = uuid(1), .name = "web1", .xml = "<domain/>", .autostart = true});
    store.put(
        driver::Definition{.uuid = uuid(2), .name = "web2", .xml = "<domain>\xc3\xa4</domain>", .autostart = false});
    store.put(driver::Definition{.uuid = uuid(1), .name = "web0", .xml = "<domain new='1'/>", .autostart = false});
    store.put(driver::Definition{.uuid = uuid(3), .name = "gone", .xml = "", .autostart = false});
    store.remove_definition(uuid(3));
    store.remove_definition(uuid(9));  // was never there
  }
  SqliteStore store(here.path("sluice.db"));
  const auto all = store.definitions();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].uuid, uuid(1));
  EXPECT_EQ(all[0].name, "web0");
  EXPECT_EQ(all[0].xml, "<domain new='1'/>");
  EXPECT_FALSE(all[0].autostart);
  EXPECT_EQ(all[1].xml, "<domain>\xc3\xa4</domain>");
}

TEST(SqliteStore, KeepsNotesOfRunningMachines) {
  const PrivateDirectory here;
  {
    SqliteStore store(here.path("sluice.db"));
    store.put(driver::RunningNote{.uuid = uuid(1),
                                  .live_xml = "<live/>",
                                  .pid = 4711,
                                  .started = 1ull << 60,
                                  .job = "save",
                                  .was_running = true});
    store.put(driver::RunningNote{.uuid = uuid(2), .live_xml = "", .pid = 1});
    store.remove_running(uuid(2));
  }
  SqliteStore store(here.path("sluice.db"));
  const auto all = store.running();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].live_xml, "<live/>");
  EXPECT_EQ(all[0].pid, 4711);
  EXPECT_EQ(all[0].started, 1ull << 60);
  EXPECT_EQ(all[0].job, "save");
  EXPECT_TRUE(all[0].was_running);
}

TEST(SqliteStore, RefusesTwoMachinesOfOneName) {
  const PrivateDirectory here;
  SqliteStore store(here.path("sluice.db"));
  store.put(driver::Definition{.uuid = uuid(1), .name = "web1", .xml = "", .autostart = false});
  EXPECT_THROW(store.put(driver::Definition{.uuid = uuid(2), .name = "web1", .xml = "", .autostart = false}),
               io::Failure);
  EXPECT_EQ(store.definitions().size(), 1u);
}

TEST(SqliteStore, RefusesADamagedDatabaseByName) {
  const PrivateDirectory here;
  std::ofstream(here.path("sluice.db")) << std::string(8192, 'x');
  const std::string said = failure(here.path("sluice.db"));
  EXPECT_NE(said.find("sluice.db' is damaged"), std::string::npos) << said;
}

TEST(SqliteStore, RefusesADatabaseWithDamageInside) {
  const PrivateDirectory here;
  {
    SqliteStore store(here.path("sluice.db"));
    for (unsigned i = 0; i < 200; ++i) {
      store.put(driver::Definition{
          .uuid = uuid(i), .name = std::to_string(i), .xml = std::string(1000, 'x'), .autostart = false});
    }
  }
  std::fstream file(here.path("sluice.db"), std::ios::in | std::ios::out | std::ios::binary);
  for (const int page : {2, 3, 5, 9}) {
    file.seekp(page * 4096);
    file << std::string(2000, '\xff');
  }
  file.close();
  const std::string said = failure(here.path("sluice.db"));
  EXPECT_NE(said.find("is damaged"), std::string::npos) << said;
}

TEST(SqliteStore, KeepsPoolsAndIncompleteVolumes) {
  const PrivateDirectory here;
  {
    SqliteStore store(here.path("sluice.db"));
    store.put(driver::PoolDefinition{.uuid = uuid(1), .name = "images", .xml = "<pool/>", .autostart = true});
    store.put(driver::PoolDefinition{.uuid = uuid(2), .name = "gone", .xml = ""});
    store.put(driver::PoolDefinition{.uuid = uuid(1), .name = "disks", .xml = "<pool new='1'/>"});
    store.remove_pool(uuid(2));
    store.set_incomplete("/a", true);
    store.set_incomplete("/a", true);
    store.set_incomplete("/b", true);
    store.set_incomplete("/b", false);
    store.set_incomplete("/never", false);
  }
  SqliteStore store(here.path("sluice.db"));
  const auto pools = store.pools();
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools[0].uuid, uuid(1));
  EXPECT_EQ(pools[0].name, "disks");
  EXPECT_EQ(pools[0].xml, "<pool new='1'/>");
  EXPECT_FALSE(pools[0].autostart);
  EXPECT_EQ(store.incomplete_volumes(), std::vector<std::string>{"/a"});
}

TEST(SqliteStore, BringsWhatAnEarlierSluiceWroteUpToDate) {
  const PrivateDirectory here;
  {
    SqliteStore store(here.path("sluice.db"));
    store.put(driver::Definition{.uuid = uuid(1), .name = "web1", .xml = "<domain/>", .autostart = true});
  }
  {
    Database earlier(here.path("sluice.db"));
    earlier.run("DROP TABLE pools; DROP TABLE incomplete_volumes; PRAGMA user_version = 1");
  }
  SqliteStore store(here.path("sluice.db"));
  EXPECT_EQ(store.definitions().size(), 1u);
  store.put(driver::PoolDefinition{.uuid = uuid(2), .name = "images", .xml = "<pool/>"});
  EXPECT_EQ(store.pools().size(), 1u);
}

TEST(SqliteStore, RefusesWhatALaterSluiceWrote) {
  const PrivateDirectory here;
  Database(here.path("sluice.db")).run("CREATE TABLE t (x); PRAGMA user_version = 9;");
  const std::string said = failure(here.path("sluice.db"));
  EXPECT_NE(said.find("version 9"), std::string::npos) << said;
}

TEST(SqliteStore, RefusesTheDatabaseOfSomebodyElse) {
  const PrivateDirectory here;
  Database(here.path("sluice.db")).run("CREATE TABLE bookmarks (x)");
  EXPECT_NE(failure(here.path("sluice.db")).find("is not one of Sluice"), std::string::npos);
}

TEST(SqliteStore, SaysWhyItCannotBeOpened) {
  EXPECT_NE(failure("/nowhere/at/all/sluice.db").find("'/nowhere/at/all/sluice.db' cannot be used"), std::string::npos);
}

}  // namespace
}  // namespace sluice::daemon
