// `sluice pool`: the noun, and those of its commands that take a pool and do one thing with it.

#include "cli/one_pool.h"
#include "cli/text_file.h"

namespace sluice::cli {
namespace {

void add_define_pool(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("define", "Define a pool, or change its definition");
  const auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "Libvirt's storage pool XML; - is standard input")->required()->type_name("FILE");
  command->callback([&settings, file] {
    const std::string xml = read_text(*file);
    print_done(settings, settings.connect().define_pool(xml), "defined");
  });
}

void add_create_pool(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("create", "Start a pool that is forgotten when it is stopped");
  const auto file = std::make_shared<std::string>();
  const auto options = std::make_shared<PoolStartOptions>();
  command->add_option("file", *file, "Libvirt's storage pool XML; - is standard input")->required()->type_name("FILE");
  command->add_flag("--build", options->build, "Make its place first");
  command->callback([&settings, file, options] {
    const std::string xml = read_text(*file);
    print_done(settings, settings.connect().create_pool(xml, *options), "created");
  });
}

void add_start_pool(CLI::App& noun, const Settings& settings) {
  const auto options = std::make_shared<PoolStartOptions>();
  CLI::App* const command = add_one_pool(noun, settings, "start", "Start a defined pool", [options](Pool& pool) {
    pool.start(*options);
    return "started";
  });
  command->add_flag("--build", options->build, "Make its place first");
}

void add_autostart_pool(CLI::App& noun, const Settings& settings) {
  const auto disable = std::make_shared<bool>(false);
  CLI::App* const command =
      add_one_pool(noun, settings, "autostart", "Start a pool whenever the daemon starts", [disable](Pool& pool) {
        pool.set_autostart(!*disable);
        return *disable ? "no longer started with the daemon" : "started with the daemon from now on";
      });
  command->add_flag("--disable", *disable, "No longer");
}

void add_verbs(CLI::App& noun, const Settings& settings) {
  add_one_pool(noun, settings, "build", "Make a pool's place: its directory", [](Pool& pool) {
    pool.build();
    return "built";
  });
  add_one_pool(noun, settings, "destroy", "Stop a pool; its volumes stay", [](Pool& pool) {
    pool.stop();
    return "destroyed";
  });
  add_one_pool(noun, settings, "refresh", "Look again which volumes a pool has", [](Pool& pool) {
    pool.refresh();
    return "refreshed";
  });
  add_one_pool(noun, settings, "delete", "Delete an inactive pool's place, if that is empty", [](Pool& pool) {
    pool.remove();
    return "deleted";
  });
  add_one_pool(noun, settings, "undefine", "Forget an inactive pool's definition; its place stays", [](Pool& pool) {
    pool.undefine();
    return "undefined";
  });
}

}  // namespace

void add_pool(CLI::App& app, const Settings& settings) {
  CLI::App* const noun = app.add_subcommand("pool", "Where disks are kept: list, define, start ... a storage pool");
  noun->require_subcommand(1);
  add_list_pools(*noun, settings);
  add_pool_info(*noun, settings);
  add_pool_xml(*noun, settings);
  add_define_pool(*noun, settings);
  add_create_pool(*noun, settings);
  add_start_pool(*noun, settings);
  add_verbs(*noun, settings);
  add_autostart_pool(*noun, settings);
}

}  // namespace sluice::cli
