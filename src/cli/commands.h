#pragma once
// The commands, one per file. Each adds itself to the parser and runs when it was chosen; failures are thrown.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/settings.h"

namespace sluice::cli {

void add_list(CLI::App& app, const Settings& settings);
void add_define(CLI::App& app, const Settings& settings);
void add_undefine(CLI::App& app, const Settings& settings);
void add_start(CLI::App& app, const Settings& settings);
void add_shutdown(CLI::App& app, const Settings& settings);
void add_reboot(CLI::App& app, const Settings& settings);
void add_reset(CLI::App& app, const Settings& settings);
void add_destroy(CLI::App& app, const Settings& settings);
void add_pause(CLI::App& app, const Settings& settings);
void add_resume(CLI::App& app, const Settings& settings);
void add_info(CLI::App& app, const Settings& settings);
void add_xml(CLI::App& app, const Settings& settings);
void add_console(CLI::App& app, const Settings& settings);
void add_save(CLI::App& app, const Settings& settings);
void add_restore(CLI::App& app, const Settings& settings);
void add_pool(CLI::App& app, const Settings& settings);
void add_volume(CLI::App& app, const Settings& settings);
void add_streams(CLI::App& app, const Settings& settings);
void add_cancel(CLI::App& app, const Settings& settings);
void add_limit(CLI::App& app, const Settings& settings);
void add_weight(CLI::App& app, const Settings& settings);
void add_pki(CLI::App& app, const Settings& settings);
void add_relay(CLI::App& app, const Settings& settings);
void add_version(CLI::App& app, const Settings& settings);

// Of the noun `pool`.
void add_list_pools(CLI::App& noun, const Settings& settings);
void add_pool_info(CLI::App& noun, const Settings& settings);
void add_pool_xml(CLI::App& noun, const Settings& settings);

// Of the noun `volume`.
void add_list_volumes(CLI::App& noun, const Settings& settings);
void add_volume_info(CLI::App& noun, const Settings& settings);
void add_volume_xml(CLI::App& noun, const Settings& settings);
void add_create_volume(CLI::App& noun, const Settings& settings);
void add_clone_volume(CLI::App& noun, const Settings& settings);
void add_upload(CLI::App& noun, const Settings& settings);
void add_download(CLI::App& noun, const Settings& settings);

}  // namespace sluice::cli
