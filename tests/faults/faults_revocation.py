# SPDX-License-Identifier: Apache-2.0
"""An agency is revoked while it answers. It comes back with a new certificate, once its pause after a refusal is
over."""

import time

from faults_certificates import AGENT, Renewals
from stage import ANYBODY, Searching
from support import lab


class Revocation(Renewals):
    def test_revoked_in_a_search(self):
        search = Searching(self, request=self.request_file(ANYBODY))
        time.sleep(self.chance.uniform(0, 0.5))  # the instant is what the seed chooses
        lab("revoke", self.directory, AGENT)
        answer = search.ended()
        self.assertGreaterEqual(answer.get("answered", 0), self.agencies - 1, answer)
        took = self.recovered(lambda: AGENT not in self.scheme.attached(), "it is let go")
        self.recovered(lambda: self.all_answer(self.agencies - 1), "the others answer")
        log = self.daemon(AGENT).log
        self.wait_for(lambda: "revoked" in log.read_text(encoding="utf-8"), "the agency's log says why")
        # Another number, as the Authority would give it.
        self.renew(AGENT, None)
        self.recovered(self.all_answer, "a new certificate is taken up")
        self.note("revoked", "agency, in a search", accepted=1, longest_s=took)
