//! Methods of code pools.

use rapport_contract::{
    loyalty::v1::{
        CodePool, GetCodePoolRequest, ImportCodesRequest, ImportCodesResponse, RefusedCodeLine,
        UpdateCodePoolRequest,
    },
    name,
};
use rapport_status::{Error, Result};

use crate::{
    domain::rewards::code_pool::{LONGEST_CODE, Refusal, RefusedLine},
    rpc::Rpc,
    usecase::rewards::pools,
    wire::rewards::{self as wire, Field},
};

impl Rpc {
    pub(in crate::rpc) async fn update_code_pool(
        &self,
        tenant: &str,
        request: UpdateCodePoolRequest,
    ) -> Result<CodePool> {
        let message = request.code_pool.unwrap_or_default();
        let [program, _] = name::CODE_POOL.require("code_pool.name", &message.name)?;
        let program = name::PROGRAM.format([program]);
        let names = (program.as_str(), message.name.as_str());
        let pool = pools::set_low_at(&self.store, &self.clock, tenant, names, message.low_at).await?;
        Ok(wire::code_pool(&pool))
    }

    pub(in crate::rpc) async fn code_pool(
        &self,
        tenant: &str,
        request: GetCodePoolRequest,
    ) -> Result<CodePool> {
        let [_, _] = name::CODE_POOL.require("name", &request.name)?;
        let pool = pools::get(&self.store, tenant, &request.name).await?;
        Ok(wire::code_pool(&pool))
    }

    pub(in crate::rpc) async fn import_codes(
        &self,
        tenant: &str,
        request: ImportCodesRequest,
    ) -> Result<ImportCodesResponse> {
        let [program, _] = name::CODE_POOL.require("name", &request.name)?;
        let program = name::PROGRAM.format([program]);
        let mut violations = Vec::new();
        let expire_time = Field::new("expire_time", &mut violations).moment(request.expire_time.as_ref());
        if let Some(violation) = violations.pop() {
            return Err(Error::invalid_field(violation.field, violation.description));
        }
        let names = (program.as_str(), request.name.as_str());
        let imported = pools::import(
            &self.store,
            &self.clock,
            tenant,
            names,
            &request.codes,
            expire_time,
        )
        .await?;
        Ok(ImportCodesResponse {
            imported_count: i64::try_from(imported.added).unwrap_or(i64::MAX),
            refused: imported.refused.iter().map(refused_line).collect(),
            code_pool: Some(wire::code_pool(&imported.pool)),
        })
    }
}

fn refused_line(refused: &RefusedLine) -> RefusedCodeLine {
    let reason = match refused.why {
        Refusal::DuplicateOfLine(line) => format!("is a duplicate of line {line}"),
        Refusal::Known => "is known: the pool has or had this code".to_owned(),
        Refusal::TooLong => format!("has more than {LONGEST_CODE} characters"),
        Refusal::Invisible => "has characters that cannot be seen".to_owned(),
    };
    RefusedCodeLine {
        line: i64::try_from(refused.line).unwrap_or(i64::MAX),
        reason,
    }
}
