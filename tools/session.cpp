#include "session.hpp"

#include "text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <utility>

#include <unistd.h>

namespace larder::tools {
namespace {

/// One write a line, so that lines of several processes do not mix. A failing stderr leaves nowhere to say so.
void write_line(std::string line) {
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
        if (written <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string one_line(std::string text) {
    for (char& c : text) {
        if (c == '\n') c = ' ';
    }
    return printable(text, 4000);
}

}  // namespace

void Session::on(CLI::App& command, std::function<ExitCode()> action) {
    command.add_flag_callback(
        "--json", [this] { json_ = true; }, "One JSON document on stdout; errors as JSON on stderr");
    command.callback([this, name = command.get_name(), action = std::move(action)] {
        command_ = name;
        action_ = action;
    });
}

void Session::complain(ExitCode exit, const std::string& name, const std::string& message) const {
    if (json_) {
        const Json error{{"command", command_}, {"code", name}, {"message", message}, {"exit_code", static_cast<int>(exit)}};
        write_line(json_text(Json{{"error", error}}));
        return;
    }
    write_line("larder: " + (command_.empty() ? "" : command_ + ": ") + one_line(message));
}

void Session::remark(const std::string& message) const {
    if (!json_) write_line("larder: " + (command_.empty() ? "" : command_ + ": ") + one_line(message));
}

}  // namespace larder::tools
