#pragma once
/// \file
/// Asks Python's e-mail parser what it makes of our messages (tests/support/judge_mail.py).

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/crypto.hpp"
#include "core/json.hpp"

namespace ticketbottle::test {

struct JudgedAddress {
    std::string name;
    std::string address;
    friend bool operator==(const JudgedAddress&, const JudgedAddress&) = default;
};

/// "[name|address][name|address]", for messages of failed checks.
inline std::string listed(const std::vector<JudgedAddress>& addresses) {
    std::string out;
    for (const JudgedAddress& address : addresses) {
        out += "[" + address.name + "|" + address.address + "]";
    }
    return out;
}

struct JudgedPart {
    std::string type;
    std::string name;
    std::string stand_in;
    std::string disposition;
    std::string cid;
    std::string method;
    std::string content;
};

struct JudgedMail {
    std::vector<std::string> faults;
    std::string shape;  ///< "mixed(alternative(text/plain,text/html),application/pdf)"
    std::string subject;
    std::vector<JudgedAddress> from;
    std::vector<JudgedAddress> to;
    std::vector<JudgedAddress> reply_to;
    std::string date;
    std::string message_id;
    std::vector<std::string> names;  ///< Of the header fields, in order.
    std::int64_t longest_header_line = 0;
    std::vector<JudgedPart> parts;  ///< Leaves, in order.

    [[nodiscard]] const JudgedPart& part(std::string_view type) const {
        for (const JudgedPart& part : parts) {
            if (part.type == type) {
                return part;
            }
        }
        FAIL("no part of type ", std::string(type));
        return parts.front();
    }
};

namespace judge_detail {

inline std::vector<JudgedAddress> addresses(json::Value list) {
    std::vector<JudgedAddress> out;
    for (const json::Value pair : list) {
        auto i = pair.begin();
        JudgedAddress address{std::string((*i).text()), ""};
        ++i;
        address.address = (*i).text();
        out.push_back(std::move(address));
    }
    return out;
}

inline std::vector<std::string> texts(json::Value list) {
    std::vector<std::string> out;
    for (const json::Value item : list) {
        out.emplace_back(item.text());
    }
    return out;
}

inline JudgedMail mail(json::Value value) {
    JudgedMail out;
    out.faults = texts(value["faults"]);
    out.shape = value["shape"].text();
    out.subject = value["subject"].text();
    out.from = addresses(value["from"]);
    out.to = addresses(value["to"]);
    out.reply_to = addresses(value["reply_to"]);
    out.date = value["date"].text();
    out.message_id = value["message_id"].text();
    out.names = texts(value["names"]);
    out.longest_header_line = value["longest_header_line"].as_int64().value_or(0);
    for (const json::Value part : value["parts"]) {
        out.parts.push_back({std::string(part["type"].text()), std::string(part["name"].text()), std::string(part["stand_in"].text()),
                             std::string(part["disposition"].text()), std::string(part["cid"].text()),
                             std::string(part["method"].text()),
                             crypto::base64_decode(part["content"].text()).value_or("(not base64)")});
    }
    return out;
}

}  // namespace judge_detail

/// Judges all messages in one run of Python. A message that the strict parser refuses ends the test case.
inline std::vector<JudgedMail> judge(const std::vector<std::string>& messages) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tkb-mail-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path folder = pattern;
    std::string command = "python3 '" TKB_SOURCE_DIR "/tests/support/judge_mail.py'";
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto path = folder / (std::to_string(i) + ".eml");
        std::ofstream(path, std::ios::binary) << messages[i];
        command += " '" + path.string() + "'";
    }
    std::string output;
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        output.append(buffer.data(), size);
    }
    const int status = pclose(pipe);
    std::filesystem::remove_all(folder);
    REQUIRE_MESSAGE(status == 0, "the judge failed: see its message above");

    const auto document = json::parse(output, {.bytes_max = std::size_t{64} * 1024 * 1024});
    REQUIRE(document.has_value());
    std::vector<JudgedMail> mails;
    for (const json::Value value : document->root()) {
        mails.push_back(judge_detail::mail(value));
    }
    REQUIRE(mails.size() == messages.size());
    return mails;
}

inline JudgedMail judge(const std::string& message) { return judge(std::vector<std::string>{message}).front(); }

/// Faults in one text, for CHECK(faults(mail) == "").
inline std::string faults(const JudgedMail& mail) {
    std::string out;
    for (const std::string& fault : mail.faults) {
        out += fault + "; ";
    }
    return out;
}

}  // namespace ticketbottle::test
