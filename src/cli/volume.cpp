// `sluice volume`: the noun, and those of its commands that take a volume and do one thing with it.

#include <iostream>

#include "cli/json.h"
#include "cli/one_volume.h"

namespace sluice::cli {
namespace {

template <class Act>
CLI::App* add_verb(CLI::App& noun, const Settings& settings, const std::string& name, const std::string& about,
                   Act act) {
  CLI::App* const command = noun.add_subcommand(name, about);
  command->callback([&settings, volume = add_volume_argument(*command), act] {
    const Host host = settings.connect();
    Volume found = find_volume(host, *volume);
    const std::string done = act(found);
    print_done(settings, found, done);
  });
  return command;
}

void add_resize(CLI::App& noun, const Settings& settings) {
  const auto capacity = std::make_shared<std::uint64_t>(0);
  const auto options = std::make_shared<ResizeOptions>();
  CLI::App* const command = add_verb(noun, settings, "resize", "Change what a machine sees of a volume's size",
                                     [capacity, options](Volume& volume) {
                                       volume.resize(*capacity, *options);
                                       return "resized";
                                     });
  add_size(*command, "capacity", *capacity, "The new one, 20GiB for example")->required();
  command->add_flag("--shrink", options->shrink, "Even if it gets smaller, and what is behind is lost");
  command->add_flag("--allocate", options->allocate, "Allocate at once what is new");
}

void add_path(CLI::App& noun, const Settings& settings) {
  CLI::App* const command = noun.add_subcommand("path", "Print where a volume is at the daemon");
  command->callback([&settings, name = add_volume_argument(*command)] {
    const Host host = settings.connect();
    const Volume volume = find_volume(host, *name);
    if (settings.json) {
      JsonObject object;
      object.add("pool", volume.pool_name()).add("name", volume.name()).add("path", volume.path());
      std::cout << object.text() << std::endl;
    } else {
      std::cout << volume.path() << std::endl;
    }
  });
}

}  // namespace

void add_volume(CLI::App& app, const Settings& settings) {
  CLI::App* const noun = app.add_subcommand("volume", "Disks: list, create, upload, download ... a storage volume");
  noun->require_subcommand(1);
  add_list_volumes(*noun, settings);
  add_volume_info(*noun, settings);
  add_volume_xml(*noun, settings);
  add_path(*noun, settings);
  add_create_volume(*noun, settings);
  add_clone_volume(*noun, settings);
  add_verb(*noun, settings, "delete", "Delete a volume with its bytes", [](Volume& volume) {
    volume.remove();
    return "deleted";
  });
  add_resize(*noun, settings);
  add_verb(*noun, settings, "wipe", "Overwrite a volume with zeros", [](Volume& volume) {
    volume.wipe();
    return "wiped";
  });
  add_upload(*noun, settings);
  add_download(*noun, settings);
}

}  // namespace sluice::cli
