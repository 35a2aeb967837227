"""Take down what a service says about a job."""

from admin_api.encryption.ports import Encryption
from gateway_contracts.requests.rotation import ReencryptionReport
from gateway_kit.mongo.unit_of_work import Tx


async def record_reencryption(report: ReencryptionReport, *, encryption: Encryption) -> bool:
    """Whether the job still runs; otherwise the service may stop."""

    async def work(tx: Tx) -> bool:
        job = await encryption.rotations.reported(tx, report.job_id)
        return job is not None and await encryption.rotations.save(tx, job.reported(report, tx.now))

    return await encryption.uow.run(work)
